import Geul
import GeulCharts

extension Explanation.ActivationMap {
  /// Returns the name of the gate or state.
  func name(in language: Language) -> String {
    switch kind {
    case .forgetGate: language("forget gate", "망각 게이트")
    case .inputGate: language("input gate", "입력 게이트")
    case .outputGate: language("output gate", "출력 게이트")
    case .updateGate: language("update gate", "업데이트 게이트")
    case .resetGate: language("reset gate", "리셋 게이트")
    case .candidate: language("candidate", "후보 값")
    case .cellState: language("cell state", "셀 상태")
    case .hiddenState: language("hidden state", "은닉 상태")
    }
  }

  /// Returns an explanation of low and high values, for a kind of cell.
  func meaning(for cell: CellKind, in language: Language) -> String {
    switch kind {
    case .forgetGate:
      language(
        "near 1 keeps the cell state, near 0 erases it", "1에 가까우면 셀 상태를 그대로 남기고, 0에 가까우면 지웁니다")
    case .inputGate:
      language(
        "near 1 adds the candidate to the cell state, near 0 ignores it",
        "1에 가까우면 후보 값을 셀 상태에 더하고, 0에 가까우면 더하지 않습니다")
    case .outputGate:
      language(
        "near 1 exposes the cell state, near 0 hides it", "1에 가까우면 셀 상태를 내보내고, 0에 가까우면 가려 둡니다")
    case .updateGate:
      language(
        "near 1 keeps the hidden state, near 0 replaces it by the candidate",
        "1에 가까우면 은닉 상태를 그대로 두고, 0에 가까우면 후보 값으로 바꿉니다")
    case .resetGate:
      language(
        "near 1 lets the candidate use the previous hidden state, near 0 ignores it",
        "1에 가까우면 후보 값을 만들 때 이전 은닉 상태를 쓰고, 0에 가까우면 쓰지 않습니다")
    case .candidate where cell == .lstm:
      language(
        "the new content of the cell state, from -1 to 1", "셀 상태에 더할 새 정보, -1에서 1까지")
    case .candidate:
      language(
        "the new content of the hidden state, from -1 to 1", "은닉 상태에 섞을 새 정보, -1에서 1까지")
    case .cellState: language("tanh(c), from -1 to 1", "tanh(c), -1에서 1까지")
    case .hiddenState where isBounded:
      language("h, the output of the layer, from -1 to 1", "층의 출력 h, -1에서 1까지")
    case .hiddenState:
      language(
        "h, the output of the layer: 0 or more, without bound", "층의 출력 h, 0 이상이며 상한이 없습니다")
    }
  }
}

extension NeuronProbe.Feature {
  /// Returns the name of the feature.
  func name(in language: Language) -> String {
    switch self {
    case .quotation: language("inside quotation marks", "따옴표 안")
    case .brackets: language("inside brackets", "괄호 안")
    case .linePosition: language("position in the line", "줄 안의 위치")
    case .wordPosition: language("position in the word", "낱말 안의 위치")
    case .capitalizedWord: language("inside a capitalized word", "대문자로 시작하는 낱말 안")
    case .hangul: language("Hangul", "한글")
    case .latin: language("Latin letters", "로마자")
    case .digits: language("digits", "숫자")
    case .particle: language("particle (조사)", "조사")
    case .ending: language("verb ending (어미)", "어미")
    case .finalConsonant: language("final consonant (받침)", "받침")
    }
  }
}
