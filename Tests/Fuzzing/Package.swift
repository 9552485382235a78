// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because only the fuzzer needs everything compiled for libFuzzer; see `run`.
let package = Package(
  name: "fuzzing",
  dependencies: [.package(name: "geul", path: "../..")],
  targets: [
    .executableTarget(
      name: "Fuzz", dependencies: [.product(name: "GeulCore", package: "geul")],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
  ]
)
