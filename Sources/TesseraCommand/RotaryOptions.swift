import ArgumentParser
import Tessera
import TesseraReport

/// Rotary embedding's options of `tessera bench`.
struct RotaryOptions: ParsableArguments {
  @Option(help: "interleaved or half-split; else interleaved.")
  var pairing: RotaryPairing?
  @Option(
    parsing: .unconditional,
    help: "Columns of a head that are rotated, an even number; else all, but for the last of an odd number.")
  var rotatedColumns: Int?
  @Flag(help: "Heads, the planes, lie beside each other in token rows.")
  var tokenRows = false

  /// Options as they are written, and whether they were given.
  var givenOptions: [(String, Bool)] {
    [("--pairing", pairing != nil), ("--rotated-columns", rotatedColumns != nil), ("--token-rows", tokenRows)]
  }

  var isGiven: Bool { givenOptions.contains { $0.1 } }

  /// Gives the options that were given to the request.
  func configure(_ request: inout OperatorRequest, of descriptor: OperatorDescriptor) {
    guard isGiven else { return }
    request.rotary.pairing = pairing ?? .interleaved
    request.rotary.rotatedColumns = rotatedColumns
    if tokenRows { request.placeHeadsInTokenRows(of: descriptor) }
  }
}

extension RotaryPairing: ExpressibleByArgument {}
