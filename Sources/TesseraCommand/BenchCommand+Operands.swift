import Tessera

extension BenchCommand {
  /// Which option gives what errors of the library name; of several those that were given.
  var optionsOfOperands: [String: String] {
    func given(_ options: [(String, Bool)]) -> String { options.compactMap { $1 ? $0 : nil }.joined(separator: ", ") }
    var options = [
      OperatorOption.attention.rawValue: given(attention.givenOptions),
      OperatorOption.rotary.rawValue: given(rotary.givenOptions), OperatorOption.weightType.rawValue: "--weight",
      OperatorOption.transposedRight.rawValue: "--transposes-right", OperatorOption.packedWeights.rawValue: "--packed",
      OperatorOption.bias.rawValue: "--without-bias", OperatorOption.sum.rawValue: "--returns-sum",
      OperatorOption.inPlace.rawValue: "--in-place", OperatorOption.activation.rawValue: "--activation",
      OperatorOption.dropout.rawValue: "--dropout", "probability": "--dropout", "mask": "--mask",
      "window's left": "--mask", "window's right": "--mask", "softcap": "--softcap", "key lengths": "--key-lengths",
      "query offsets": "--query-offsets", "query lengths": "--query-lengths", "document starts": "--documents",
      "block mask": "--block-window", "rotated columns": "--rotated-columns", "runs": "--runs", "pass": "--pass",
      "apart": "--apart",
    ]
    // Sizes are written with hyphens, and by attention with spaces.
    for extent in Extent.allCases where !extent.isDerived {
      options[extent.rawValue] = "--" + extent.rawValue
    }
    for extent in attention.extents.map(\.0) {
      options[extent.rawValue.replacing("-", with: " ").replacing("key value", with: "key-value")] =
        "--" + extent.rawValue
    }
    if attention.packedLengths != nil {
      for extent in [Extent.batch, .queryLength, .keyLength] { options[extent.rawValue] = "--packed-lengths" }
    }
    // Of rotary embedding and of cache-append: the operand that more columns than a head has would be in.
    if rotary.rotatedColumns != nil {
      for operand in ["table", "rotation"] { options[operand] = "--rotated-columns" }
    }
    for sequence in 0..<(attention.keyLengths?.count ?? 0) {
      options["key length of sequence \(sequence)"] = "--key-lengths"
    }
    for sequence in 0..<max(attention.queryLengths?.count ?? 0, attention.packedLengths?.count ?? 0) {
      options["query length of sequence \(sequence)"] =
        attention.packedLengths == nil ? "--query-lengths" : "--packed-lengths"
    }
    for sequence in 0..<(attention.queryOffsets?.count ?? 0) {
      options["query offset of sequence \(sequence)"] = "--query-offsets"
    }
    return options
  }
}
