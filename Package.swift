// swift-tools-version: 6.2
import PackageDescription

/// C `assert` stays on only where it is asked for: SwiftPM does not define NDEBUG by itself.
let assertsWanted = Context.environment["TESSERA_C_ASSERTS"] == "1"

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]
let strictC: [CSetting] =
  [.enableWarning("all"), .enableWarning("extra"), .disableWarning("pass-failed"), .treatAllWarnings(as: .error)]
  + (assertsWanted ? [] : [.define("NDEBUG")])

let package = Package(
  name: "Tessera",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Tessera", targets: ["Tessera"]),
    .library(name: "TesseraModels", targets: ["TesseraModels"]),
    .executable(name: "tessera", targets: ["TesseraCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.0.0"),
  ],
  targets: [
    // Floor 0: registers.
    .target(name: "CTesseraKernels", path: "CSources/CTesseraKernels", cSettings: strictC),
    // Floor 1: memory, threads, randomness, costs, the machine.
    .target(name: "TesseraCore", dependencies: ["CTesseraKernels"], swiftSettings: strict),
    // Floor 2: operators.
    .target(name: "Tessera", dependencies: ["TesseraCore", "CTesseraKernels"], swiftSettings: strict),
    // Floor 3: model files; text to tokens and back; decoders.
    .target(name: "TesseraModels", dependencies: ["Tessera"], swiftSettings: strict),
    // Beside the house: the oracle, which shares no kernel with what it checks.
    .target(
      name: "TesseraReference", dependencies: ["TesseraCore", .product(name: "RealModule", package: "swift-numerics")],
      swiftSettings: strict),
    // Floor 4: tables, and the comparison with the oracle.
    .target(name: "TesseraReport", dependencies: ["Tessera", "TesseraModels"], swiftSettings: strict),
    .target(name: "TesseraVerify", dependencies: ["Tessera", "TesseraReference"], swiftSettings: strict),
    // Floor 5: the command.
    .executableTarget(
      name: "TesseraCommand",
      dependencies: [
        "Tessera", "TesseraModels", "TesseraReport", "TesseraVerify",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    // make test-traffic: the calls to trace, and the cache that their traces are replayed through. Not products.
    .executableTarget(
      name: "TrafficProbe", dependencies: ["Tessera"], path: "Tests/Traffic/Probe", swiftSettings: strict),
    .executableTarget(name: "TrafficReplay", path: "Tests/Traffic/Replay", swiftSettings: strict),
    // make test-exhaustive: every float through the exponential. Not a product.
    .executableTarget(
      name: "ExhaustiveExp2", dependencies: ["Tessera"], path: "Tests/Exhaustive", swiftSettings: strict),
    // Tests: one target a floor, and one for the arrows between them.
    .testTarget(name: "ArchitectureTests", swiftSettings: strict),
    .testTarget(name: "TesseraCoreTests", dependencies: ["TesseraCore", "CTesseraKernels"], swiftSettings: strict),
    .testTarget(name: "TesseraTests", dependencies: ["Tessera", "CTesseraKernels"], swiftSettings: strict),
    .testTarget(
      name: "TesseraReferenceTests", dependencies: ["TesseraCore", "TesseraReference"], swiftSettings: strict),
    .testTarget(
      name: "TesseraVerifyTests", dependencies: ["Tessera", "TesseraReference", "TesseraVerify"], swiftSettings: strict),
    .testTarget(
      name: "TesseraModelsTests", dependencies: ["TesseraModels", "TesseraReference"], swiftSettings: strict),
    .testTarget(
      name: "TesseraReportTests", dependencies: ["Tessera", "TesseraModels", "TesseraReport", "TesseraCommand"],
      swiftSettings: strict),
  ]
)

// ThreadSanitizer's build needs only the floors below the report.
if Context.environment["TESSERA_WITHOUT_REPORT"] == "1" {
  package.products.removeAll { $0.name == "tessera" }
  package.targets.removeAll { ["TesseraReport", "TesseraCommand", "TesseraReportTests"].contains($0.name) }
}
