import Foundation
import Testing
import TestSupport

/// `explain`, `context` and `report` with `--language ko`.
struct KoreanReportTests {
  /// Runs a command with `--language ko` and expects a report in Korean, on the terminal and in HTML.
  private func korean(_ arguments: [String], in folder: Folder) throws -> String {
    let result = try GeulProcess.run(
      arguments + ["--language", "ko", "--html", "ko.html"], in: folder)
    #expect(result.status == 0, "\(result.stderr)")
    let page = try #require(folder.text("ko.html"))
    folder.remove("ko.html")
    #expect(page.contains("<html lang=\"ko\">"))
    #expect(result.notes.last == "저장: ko.html", "\(result.stderr)")
    expectKorean(result.stdout)
    let body = page.split(separator: "</style>").last.map(String.init) ?? ""
    expectKorean(body.replacing(#/<[^>]*>/#, with: " ").replacing(#/&\w+;/#, with: " "))
    return result.stdout
  }

  /// Expects a text without English words except for names and symbols.
  private func expectKorean(_ text: String, at location: SourceLocation = #_sourceLocation) {
    let names: Set = [
      "surprisal", "tanh", "relu", "lstm", "gru", "rnn", "LSTM", "RNN", "max", "activation",
      "run", "text", "txt", "cells", "muon", "float32", "bfloat16", "log2",
    ]
    let words = Set(text.matches(of: #/[A-Za-z][A-Za-z0-9]{2,}/#).map { String($0.0) })
    // Lines of charts are drawn with the letters of their series.
    let english = words.subtracting(names).filter { $0.wholeMatch(of: #/[a-d]+/#) == nil }
    #expect(english.isEmpty, sourceLocation: location)
  }

  @Test(arguments: ["lstm", "gru", "rnn"])
  func `explain names every gate in Korean`(cell: String) throws {
    let folder = try Runs.trained(["--cell", cell, "--unit", "jamo"], text: Texts.korean)
    let shown = try korean(
      ["explain", "run", "--text", "옛날 어느 마을에", "--rows", "3"], in: folder)
    let gates = [
      "lstm": ["망각 게이트", "입력 게이트", "출력 게이트", "후보 값", "셀 상태"],
      "gru": ["업데이트 게이트", "리셋 게이트", "후보 값"], "rnn": [],
    ]
    for name in (gates[cell] ?? []) + ["은닉 상태"] { #expect(shown.contains("\n\(name): ")) }
    for words in ["정보량\n──────\n", "비트/자모,", "비트/글자입니다.", "\n옛날 어느 마을에\n", "(다음)", "뉴런 16개 가운데"] {
      #expect(shown.contains(words), "\(words)")
    }
  }

  @Test func `the probe names features in Korean and finds those of Korean`() throws {
    let text = (0..<300).map { $0 % 3 == 0 ? "아이는 집에서 밥을 먹고 갔다. " : "\"할머니가 (달을) 보며 웃었다.\"\n" }
      .joined()
    for unit in ["jamo", "grapheme", "byte"] {
      let folder = try Runs.trained(["--unit", unit, "--steps", "300"], text: text)
      let shown = try korean(["explain", "run", "--probe", "--corpus", "text.txt"], in: folder)
      for feature in ["조사", "어미", "받침", "따옴표 안", "괄호 안"] {
        // The network is too small to learn where syllables of several bytes end.
        let isFound = unit != "byte" || feature != "받침"
        #expect(
          shown.contains(isFound ? "\(feature): 1층, 뉴런 " : feature), "\(feature), \(unit)")
      }
      #expect(shown.contains("사전 없이") && shown.contains("할머니가"), "\(unit)")
    }
  }

  @Test func `context and report are in Korean`() throws {
    let folder = try Runs.trained(
      ["--unit", "jamo", "--dropout", "0.1", "--sample-every", "10"], text: Texts.korean)
    let context = try korean(["context", "run", "--corpus", "text.txt"], in: folder)
    for words in ["문맥 민감도", "1/1000이 되는 k", "로그 눈금", "내트/자모"] {
      #expect(context.contains(words), "\(words)")
    }
    let report = try korean(["report", "run"], in: folder)
    for words in [
      "훈련 보고서: run", "검증 손실", "학습률", "기준 모델", "드롭아웃 0.1", "단위 자모", "에포크 뒤(스텝 10)",
    ] { #expect(report.contains(words), "\(words)") }
    for activation in ["tanh", "relu"] {
      let comparison = try korean(
        [
          "context", "--compare-cells", "text.txt", "--train-steps", "7", "--hidden", "8", "--out",
          "cells-\(activation)", "--threads", "1", "--activation", activation,
        ], in: folder)
      #expect(comparison.contains("훈련하면서 읽은 글") && comparison.contains("max(0, x)"))
    }
  }

  @Test func `errors stay English, and other languages are refused`() throws {
    let folder = try Runs.english.get()
    let missing = try GeulProcess.run(
      ["explain", "nowhere", "--text", "a", "--language", "ko"], in: folder)
    missing.expectRefusal(1, naming: "no such model")
    let other = try GeulProcess.run(["report", "run", "--language", "fr"], in: folder)
    #expect(other.status == 2 && other.stderr.contains("'en' and 'ko'"), "\(other.stderr)")
  }
}
