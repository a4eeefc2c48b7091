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

  /// nil where nothing was given.
  var options: BenchRotary? {
    guard pairing != nil || rotatedColumns != nil || tokenRows else { return nil }
    return BenchRotary(pairing: pairing ?? .interleaved, rotatedColumns: rotatedColumns, inTokenRows: tokenRows)
  }
}

extension RotaryPairing: ExpressibleByArgument {}
