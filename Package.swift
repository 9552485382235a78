// swift-tools-version: 6.2
import PackageDescription

/// The settings of every Swift target.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),  // SE-0458
  .treatAllWarnings(as: .error),  // SE-0480
  .enableUpcomingFeature("ExistentialAny"),  // SE-0335
  .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
  .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
  .enableExperimentalFeature("Lifetimes"),  // spans as results
]

/// A Swift module of Geul; docs/architecture.md describes each.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies + ["PortableFoundation"], swiftSettings: strict)
}

/// The tests of a module.
///
/// Tests are not optimized unless they compute much themselves: this halves their build time. The
/// unsafe flag does not concern packages that depend on Geul, because they never build its tests.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
  isOptimized: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude,
    swiftSettings: strict + (isOptimized ? [] : [.unsafeFlags(["-Onone"])]))
}

/// Links the Swift libraries statically, so that the program starts faster and runs without a toolchain.
///
/// Only for the program: tests load XCTest and Swift Testing, which are dynamic libraries. `GEUL_DYNAMIC_STDLIB=1` is for
/// toolchains without static libraries. lld, unlike gold, does not warn of `mktemp` in FoundationEssentials.
let staticStandardLibrary: [LinkerSetting] =
  Context.environment["GEUL_DYNAMIC_STDLIB"] == "1"
  ? []
  : [
    .unsafeFlags(
      ["-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims", "-use-ld=lld"],
      .when(platforms: [.linux], configuration: .release))
  ]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// A product that only the server needs: without the trait `Server`, its package is not even fetched.
func server(_ product: String, _ package: String) -> Target.Dependency {
  .product(name: product, package: package, condition: .when(traits: ["Server"]))
}

/// The packages of the server's HTTP side.
let http = [
  server("Hummingbird", "hummingbird"), server("HummingbirdCore", "hummingbird"),
  server("NIOCore", "swift-nio"), server("NIOPosix", "swift-nio"), server("NIOHTTP1", "swift-nio"),
  server("NIOHTTPTypes", "swift-nio-extras"), server("NIOHTTPTypesHTTP1", "swift-nio-extras"),
  server("HTTPTypes", "swift-http-types"), server("Logging", "swift-log"),
  server("ServiceLifecycle", "swift-service-lifecycle"),
  server("UnixSignals", "swift-service-lifecycle"),
]

let package = Package(
  name: "geul",
  products: [
    .library(name: "Geul", targets: ["Geul"]),
    // Without the page, whose build plugin cannot be linked with libFuzzer: for Tests/Fuzzing.
    .library(
      name: "GeulCore",
      targets: [
        "GeulStorage", "GeulCompute", "GeulText", "GeulNGrams", "GeulModel", "GeulTraining",
        "GeulGeneration", "GeulCompression",
      ]),
    .executable(name: "geul", targets: ["GeulCommand"]),
    .executable(name: "geul-server", targets: ["GeulServer"]),
  ],
  traits: [
    .trait(
      name: "Server",
      description: "The HTTP server geul-server, which needs Hummingbird and SwiftNIO."),
    .trait(
      name: "MPI",
      description: "Training by several processes with mpirun, which needs libopenmpi-dev."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // These are fetched only with the trait Server.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // ICU stays behind plain C types: its own headers do not build together with Foundation's ICU module.
    .target(
      name: "CGeulUnicode",
      cSettings: [.treatAllWarnings(as: .error)],
      linkerSettings: [.linkedLibrary("icuuc"), .linkedLibrary("icui18n")]),
    .target(
      name: "CGeulKernels",
      exclude: ["body"],  // included, once for each instruction set
      cSettings: [.treatAllWarnings(as: .error)]),

    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .target(
      name: "CGeulMPI",
      dependencies: [.target(name: "CMPI", condition: .when(traits: ["MPI"]))],
      cSettings: [
        .treatAllWarnings(as: .error), .define("GEUL_MPI", .when(traits: ["MPI"])),
      ]),

    .target(name: "PortableFoundation", swiftSettings: strict),
    module("GeulStorage"),
    module("GeulCompute", ["CGeulKernels"]),
    module("GeulText", ["CGeulUnicode", "GeulStorage"]),
    module("GeulNGrams", ["GeulCompute", "GeulText"]),
    module("GeulModel", ["GeulCompute", "GeulNGrams", "GeulStorage", "GeulText"]),
    module("GeulTraining", ["GeulCompute", "GeulModel", "GeulNGrams", "GeulStorage", "GeulText"]),
    module("GeulGeneration", ["GeulCompute", "GeulModel", "GeulNGrams", "GeulText"]),
    module("GeulMPI", ["CGeulMPI", "GeulTraining"]),
    module(
      "GeulCompression",
      ["GeulCompute", "GeulModel", "GeulNGrams", "GeulStorage", "GeulText", "GeulTraining"]),
    module(
      "GeulExchange", ["GeulCompute", "GeulModel", "GeulStorage", "GeulText", "GeulTraining"]),
    module("GeulInsight", ["GeulCompute", "GeulModel", "GeulText"]),
    module("GeulCharts", ["GeulPage"]),
    module(
      "GeulWriting", ["GeulCharts", "GeulCompute", "GeulGeneration", "GeulModel", "GeulText"]),
    .target(
      name: "GeulPage",
      dependencies: ["GeulCompute", "GeulModel", "GeulStorage", "PortableFoundation"],
      exclude: ["Resources"],
      swiftSettings: strict, plugins: ["EmbedResourcesPlugin"]),
    .executableTarget(name: "EmbedResources", swiftSettings: strict),
    .plugin(
      name: "EmbedResourcesPlugin", capability: .buildTool(), dependencies: ["EmbedResources"],
      path: "Sources/EmbedResourcesPlugin"),
    .executableTarget(name: "ManualPages", swiftSettings: strict),
    module(
      "Geul",
      [
        "GeulStorage", "GeulCompute", "GeulText", "GeulNGrams", "GeulModel", "GeulTraining",
        "GeulGeneration", "GeulCompression", "GeulExchange", "GeulInsight", "GeulPage",
      ]),
    module("GeulCommandSupport", ["Geul", "GeulCharts", argumentParser]),
    .executableTarget(
      name: "GeulCommand",
      dependencies: [
        "Geul", "GeulCharts", "GeulCommandSupport", "GeulMPI", "GeulWriting",
        "PortableFoundation", argumentParser,
      ],
      swiftSettings: strict,
      linkerSettings: staticStandardLibrary),
    .executableTarget(
      name: "GeulServer",
      dependencies: ["Geul", "GeulCommandSupport", argumentParser] + http, swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["GeulCompute", "GeulModel", "GeulText"],
      path: "Tests/TestSupport", swiftSettings: strict),
    tests("GeulStorageTests", ["GeulStorage"]),
    tests("GeulComputeTests", ["GeulCompute"], isOptimized: true),
    tests("GeulTextTests", ["GeulText"]),
    tests("GeulNGramsTests", ["GeulNGrams", "GeulCompute"]),
    tests(
      "GeulModelTests", ["GeulModel", "GeulCompute", "GeulStorage", "GeulText"],
      exclude: ["Fixtures"], isOptimized: true),
    tests(
      "GeulTrainingTests",
      [
        "Geul", "GeulTraining", "GeulModel", "GeulNGrams", "GeulCompute", "GeulStorage", "GeulText",
      ],
      isOptimized: true),
    tests(
      "GeulGenerationTests",
      ["GeulGeneration", "GeulModel", "GeulNGrams", "GeulCompute", "GeulText"]),
    tests(
      "GeulCompressionTests",
      [
        "GeulCompression", "GeulTraining", "GeulModel", "GeulNGrams", "GeulCompute", "GeulStorage",
        "GeulText",
      ],
      isOptimized: true),
    tests(
      "GeulExchangeTests",
      [
        "GeulExchange", "GeulCompute", "GeulGeneration", "GeulModel", "GeulStorage", "GeulText",
        "GeulTraining",
      ], exclude: ["Fixtures"]),
    tests("GeulInsightTests", ["GeulInsight", "GeulModel", "GeulCompute", "GeulText"]),
    tests("GeulChartsTests", ["GeulCharts", "GeulPage"]),
    tests(
      "GeulWritingTests",
      ["GeulWriting", "GeulCompute", "GeulGeneration", "GeulModel", "GeulText"]),
    tests(
      "GeulPageTests",
      [
        "GeulPage", "GeulModel", "GeulCompute", "GeulGeneration", "GeulInsight", "GeulStorage",
        "GeulText", "GeulTraining",
      ], exclude: ["Scripts"]),
    tests(
      "CommandTests", ["GeulModel", "GeulStorage"],
      exclude: ["Snapshots", "Fixtures"]),
    tests(
      "GeulServerTests",
      [
        "GeulServer", "GeulCommandSupport", "GeulGeneration", "GeulModel", "GeulCompute",
        "GeulText",
      ] + http),
  ]
)

// A sanitizer build needs some of the tests. `swift test --filter` selects those that run, but
// builds all; GEUL_TEST_TARGETS="A B" removes the others from the package.
if let names = Context.environment["GEUL_TEST_TARGETS"]?.split(separator: " ") {
  package.targets.removeAll { $0.isTest && !names.contains(Substring($0.name)) }
}
