// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is held to the same rules.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),  // SE-0458
  .treatAllWarnings(as: .error),  // SE-0480
  .enableUpcomingFeature("ExistentialAny"),  // SE-0335
  .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
  .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
  .enableExperimentalFeature("Lifetimes"),  // spans as results
]

/// A Swift library of Geul: one room of the house, see docs/design.md.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of a room.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude,
    swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "geul",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Geul", targets: ["Geul"]),
    .executable(name: "geul", targets: ["GeulCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // ICU stays behind plain C types: its own headers do not build beside Foundation's ICU module.
    .target(
      name: "CGeulUnicode",
      cSettings: [.treatAllWarnings(as: .error)],
      linkerSettings: [.linkedLibrary("icuuc"), .linkedLibrary("icui18n")]),
    .target(
      name: "CGeulKernels",
      exclude: ["body"],  // included, once for each instruction set
      cSettings: [.treatAllWarnings(as: .error)]),

    room("GeulKernels", ["CGeulKernels"]),
    room("GeulText", ["CGeulUnicode"]),
    room("GeulNetwork", ["GeulKernels", "GeulText"]),
    room("GeulTraining", ["GeulNetwork", "GeulKernels", "GeulText"]),
    room("GeulGeneration", ["GeulNetwork", "GeulKernels", "GeulText"]),
    room("GeulCompression", ["GeulTraining", "GeulNetwork", "GeulKernels", "GeulText"]),
    room("GeulInsight", ["GeulNetwork", "GeulKernels", "GeulText"]),
    room("GeulPictures", []),
    room(
      "Geul",
      [
        "GeulText", "GeulKernels", "GeulNetwork", "GeulTraining", "GeulGeneration",
        "GeulCompression", "GeulInsight",
      ]),
    .executableTarget(
      name: "GeulCommand", dependencies: ["Geul", "GeulPictures", argumentParser],
      swiftSettings: strict),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    tests("GeulKernelsTests", ["GeulKernels"]),
    tests("GeulTextTests", ["GeulText"]),
    tests("GeulNetworkTests", ["GeulNetwork", "GeulKernels", "GeulText"], exclude: ["Figures"]),
    tests("GeulTrainingTests", ["GeulTraining", "GeulNetwork", "GeulKernels", "GeulText"]),
    tests("GeulGenerationTests", ["GeulGeneration", "GeulNetwork", "GeulKernels", "GeulText"]),
    tests(
      "GeulCompressionTests",
      ["GeulCompression", "GeulTraining", "GeulNetwork", "GeulKernels", "GeulText"]),
    tests("GeulInsightTests", ["GeulInsight", "GeulNetwork", "GeulKernels", "GeulText"]),
    tests("GeulPicturesTests", ["GeulPictures"]),
    tests("CommandTests", ["GeulCommand", "GeulNetwork"], exclude: ["Snapshots", "Fixtures"]),
  ]
)
