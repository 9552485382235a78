internal import GeulText

/// A deterministic automaton over the tokens of a vocabulary, with the number of tokens from each state to the end.
///
/// Tokens that the automaton does not distinguish form a class, so the table of transitions is small. States from which no
/// end can be reached are left out. Willard and Louf 2023, "Efficient Guided Generation for Large Language Models",
/// describes the method for patterns without a limit of the length.
struct TokenAutomaton: Sendable {
  /// The greatest number of states.
  static let maximumStateCount = 100_000
  /// The greatest number of transitions of the table.
  static let maximumTransitionCount = 1 << 26

  /// The class of each token, by id; -1 for a token that no text of the automaton has.
  let tokenClasses: [Int32]
  /// The number of classes.
  let classCount: Int
  /// The state after a token of each class, `[states, classes]`; -1 if there is none.
  ///
  /// The start is state 0.
  let transitions: [Int32]
  /// The number of tokens from each state to the nearest accepting state: 0 for an accepting state.
  let distances: [Int32]

  /// The number of states.
  var stateCount: Int { distances.count }

  /// Returns the state after a token; -1 if there is none.
  func next(_ state: Int32, _ id: Int) -> Int32 {
    let tokenClass = tokenClasses[id]
    return tokenClass < 0 ? -1 : transitions[Int(state) * classCount + Int(tokenClass)]
  }

  /// Indicates whether a text may end in a state.
  func isAccepting(_ state: Int32) -> Bool { distances[Int(state)] == 0 }

  /// Returns true if a token leads to a state from which at most `remaining` tokens, including it, end the text.
  func permits(_ id: Int, in state: Int32, remaining: Int) -> Bool {
    let target = next(state, id)
    return target >= 0 && Int(distances[Int(target)]) < remaining
  }
}

extension TokenAutomaton {
  /// Makes a graph deterministic for the tokens of a vocabulary.
  ///
  /// - Parameters:
  ///   - graph: The patterns.
  ///   - tokens: The symbols of each token, by id; empty for a token that must not be generated.
  /// - Throws: `ConstraintError` if there are too many states, or no sequence of tokens matches.
  /// - Complexity: O(s c n) for s states, c classes of tokens and n states of the graph that are active together; in the
  ///   worst case, s is exponential in the size of the graph.
  init(_ graph: PatternGraph, tokens: [[UInt32]]) throws(ConstraintError) {
    let alphabet = SymbolClasses(graph, tokens: tokens)
    var classIDs: [[Int32]: Int32] = [:]
    var spellings: [[Int32]] = []
    tokenClasses = tokens.map { symbols in
      guard let spelling = alphabet.classes(of: symbols) else { return -1 }
      if let known = classIDs[spelling] { return known }
      classIDs[spelling] = Int32(spellings.count)
      spellings.append(spelling)
      return Int32(spellings.count - 1)
    }
    classCount = spellings.count

    var subsets = SubsetConstruction(graph, alphabet)
    // The states between tokens, in the order in which they are found; others are within tokens.
    var order: [Int32] = []
    var positions: [Int32: Int32] = [:]
    func position(of subset: Int32) -> Int32 {
      if let known = positions[subset] { return known }
      positions[subset] = Int32(order.count)
      order.append(subset)
      return Int32(order.count - 1)
    }
    var table: [Int32] = []
    if let start = try subsets.start() { _ = position(of: start) }
    var done = 0
    while done < order.count {
      for spelling in spellings {
        var subset: Int32? = order[done]
        for symbol in spelling {
          guard let current = subset else { break }
          subset = try subsets.next(current, symbol)
        }
        table.append(subset.map(position) ?? -1)
      }
      guard table.count <= Self.maximumTransitionCount else { throw .tooComplex }
      done += 1
    }
    let accepting = order.map { subsets.isAccepting($0) }
    let distances = Self.distances(table, classCount: classCount, accepting)
    guard let first = distances.first, first >= 0 else { throw .impossible }
    (transitions, self.distances) = Self.compact(table, classCount: classCount, distances)
  }

  /// Returns the number of transitions from each state to the nearest one of `targets`, by a search backward; -1 if there is
  /// none.
  static func distances(
    _ table: [Int32], classCount: Int, _ targets: [Bool]
  ) -> [Int32] {
    // The sources of the transitions to each state.
    var starts = [Int](repeating: 0, count: targets.count + 1)
    for target in table where target >= 0 { starts[Int(target) + 1] += 1 }
    for state in targets.indices { starts[state + 1] += starts[state] }
    var sources = [Int32](repeating: 0, count: starts[targets.count])
    var filled = starts
    for (index, target) in table.enumerated() where target >= 0 {
      sources[filled[Int(target)]] = Int32(index / classCount)
      filled[Int(target)] += 1
    }
    var distances = targets.map { $0 ? 0 : -1 as Int32 }
    var queue = targets.indices.filter { targets[$0] }
    var done = 0
    while done < queue.count {
      let state = queue[done]
      done += 1
      for source in sources[starts[state]..<starts[state + 1]] where distances[Int(source)] < 0 {
        distances[Int(source)] = distances[state] + 1
        queue.append(Int(source))
      }
    }
    return distances
  }

  /// Removes the states without a distance.
  private static func compact(
    _ table: [Int32], classCount: Int, _ distances: [Int32]
  ) -> (transitions: [Int32], distances: [Int32]) {
    var count: Int32 = 0
    let positions = distances.map { distance -> Int32 in
      guard distance >= 0 else { return -1 }
      count += 1
      return count - 1
    }
    var transitions: [Int32] = []
    for state in distances.indices where distances[state] >= 0 {
      for target in table[state * classCount..<(state + 1) * classCount] {
        transitions.append(target < 0 ? -1 : positions[Int(target)])
      }
    }
    return (transitions, distances.filter { $0 >= 0 })
  }
}

/// The classes of symbols that the sets of a graph do not distinguish.
private struct SymbolClasses {
  /// The class of each symbol of the vocabulary that some set has.
  private var classes: [UInt32: Int32] = [:]
  /// The sets that have the symbols of each class, ascending.
  private(set) var sets: [[Int32]] = []

  init(_ graph: PatternGraph, tokens: [[UInt32]]) {
    var members: [UInt32: [Int32]] = [:]
    for symbol in Set(tokens.joined()) { members[symbol] = [] }
    let symbols = members.keys.sorted()
    for (id, set) in graph.sets.enumerated() {
      for range in set.ranges {
        var (low, high) = (0, symbols.count)
        while low < high {
          let middle = (low + high) / 2
          if symbols[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        while low < symbols.count, symbols[low] <= range.upperBound {
          members[symbols[low], default: []].append(Int32(id))
          low += 1
        }
      }
    }
    var known: [[Int32]: Int32] = [:]
    for symbol in symbols {
      guard let sets = members[symbol], !sets.isEmpty else { continue }
      let id = known[sets] ?? Int32(self.sets.count)
      if id == self.sets.count {
        known[sets] = id
        self.sets.append(sets)
      }
      classes[symbol] = id
    }
  }

  /// Returns the classes of symbols; nil if there are no symbols, or one that no set has.
  func classes(of symbols: [UInt32]) -> [Int32]? {
    var spelling: [Int32] = []
    for symbol in symbols {
      guard let id = classes[symbol] else { return nil }
      spelling.append(id)
    }
    return spelling.isEmpty ? nil : spelling
  }
}

/// The subset construction (Rabin and Scott 1959, "Finite Automata and Their Decision Problems"), on demand.
private struct SubsetConstruction {
  private let graph: PatternGraph
  private let symbolCount: Int
  /// Indicates whether a set has a class of symbols, `[sets, classes]`.
  private var accepts: [Bool]
  /// The states of the graph in each subset, ascending.
  private var subsets: [[Int32]] = []
  private var ids: [[Int32]: Int32] = [:]
  /// The subset after a symbol of each class, `[subsets, classes]`; -1 for none, -2 if it is not known.
  private var transitions: [Int32] = []
  /// The closure of each state of the graph; nil if it is not known.
  private var closures: [[Int32]?]

  init(_ graph: PatternGraph, _ alphabet: SymbolClasses) {
    self.graph = graph
    symbolCount = alphabet.sets.count
    accepts = [Bool](repeating: false, count: graph.sets.count * symbolCount)
    closures = [[Int32]?](repeating: nil, count: graph.edges.count)
    for (symbol, sets) in alphabet.sets.enumerated() {
      for set in sets { accepts[Int(set) * symbolCount + symbol] = true }
    }
  }

  /// Returns the subset at the start; nil if a component has no text.
  mutating func start() throws(ConstraintError) -> Int32? {
    try id(of: graph.closure(graph.ends.map(\.start)))
  }

  /// Returns the subset after a symbol of a class; nil if a component cannot read it.
  mutating func next(_ subset: Int32, _ symbol: Int32) throws(ConstraintError) -> Int32? {
    let index = Int(subset) * symbolCount + Int(symbol)
    if transitions[index] == -2 {
      var states: Set<Int32> = []
      for state in subsets[Int(subset)] {
        for edge in graph.edges[Int(state)]
        where accepts[Int(edge.set) * symbolCount + Int(symbol)] {
          states.formUnion(closure(of: edge.target))
        }
      }
      transitions[index] = try id(of: states.sorted()) ?? -1
    }
    return transitions[index] < 0 ? nil : transitions[index]
  }

  /// Indicates whether all components may end.
  func isAccepting(_ subset: Int32) -> Bool {
    graph.ends.allSatisfy { subsets[Int(subset)].contains($0.end) }
  }

  private mutating func closure(of state: Int32) -> [Int32] {
    if let known = closures[Int(state)] { return known }
    let closure = graph.closure([state])
    closures[Int(state)] = closure
    return closure
  }

  private mutating func id(of states: [Int32]) throws(ConstraintError) -> Int32? {
    if let known = ids[states] { return known }
    // The states are in the order of the components.
    var (count, last): (Int, Int32) = (0, -1)
    for state in states where graph.components[Int(state)] != last {
      last = graph.components[Int(state)]
      count += 1
    }
    guard count == graph.ends.count else { return nil }
    guard subsets.count < TokenAutomaton.maximumStateCount else { throw .tooComplex }
    ids[states] = Int32(subsets.count)
    subsets.append(states)
    transitions.append(contentsOf: repeatElement(-2, count: symbolCount))
    return Int32(subsets.count - 1)
  }
}
