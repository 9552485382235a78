import GeulTraining
import Testing

struct RollbackPolicyTests {
  @Test func `a divergence resumes from the last checkpoint`() {
    var policy = RollbackPolicy()
    for step in [20, 40, 60, 5000] {
      #expect(policy.action(checkpointStep: step, learningRateScale: 0.5) == .resume)
    }
  }

  @Test(arguments: [0, 20, 100])
  func `training restarts after three rollbacks to an early checkpoint`(step: Int) {
    var policy = RollbackPolicy()
    for _ in 0..<3 {
      #expect(policy.action(checkpointStep: step, learningRateScale: 0.5) == .resume)
    }
    #expect(policy.action(checkpointStep: step, learningRateScale: 0.5) == .restart)
  }

  @Test func `another checkpoint in between counts from one again`() {
    var policy = RollbackPolicy()
    for step in [20, 20, 20, 40, 20, 20, 20] {
      #expect(policy.action(checkpointStep: step, learningRateScale: 0.5) == .resume)
    }
    #expect(policy.action(checkpointStep: 20, learningRateScale: 0.5) == .restart)
  }

  @Test func `a late checkpoint is never given up for new parameters`() {
    var policy = RollbackPolicy()
    for _ in 0..<20 {
      #expect(policy.action(checkpointStep: 101, learningRateScale: 0.5) == .resume)
    }
  }

  @Test func `a run stops at a learning-rate scale of 1e-9, the thirtieth halving`() {
    for step in [0, 5000] {
      var policy = RollbackPolicy()
      #expect(policy.action(checkpointStep: step, learningRateScale: 1.1e-9) == .resume)
      #expect(policy.action(checkpointStep: step, learningRateScale: 1e-9) == .stop)
      #expect(policy.action(checkpointStep: step, learningRateScale: 0) == .stop)
    }
    var policy = RollbackPolicy()
    var scale: Float = 1
    let halvings = (1...100).first { _ in
      scale /= 2
      return policy.action(checkpointStep: 5000, learningRateScale: scale) == .stop
    }
    #expect(halvings == 30)
  }
}
