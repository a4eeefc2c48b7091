import Tessera

/// `docs/operators.md`, made from the catalog, so that it cannot say anything else than the code does.
public enum OperatorDocumentation {
  public static var markdown: String {
    var lines = [
      "# Operators", "",
      "Made from the catalog by `make docs`; a test fails when the two differ. Classes, FLOPs and bytes are as in",
      "[measuring](measuring.md): Δ tensor contraction, □ statistical normalization, ○ element-wise; "
        + "Q counts each operand",
      "once, in bytes of its element type; what only training keeps is marked †, what a call may lack ‡.", "",
      "| operator | label | class | FLOPs | reads | writes | in place |", "|---|---|---|---|---|---|---|",
    ]
    lines += OperatorCatalog.entries.map(row)
    for entry in OperatorCatalog.entries { lines += ["", ""] + section(entry) }
    return lines.joined(separator: "\n").replacing("\n\n\n", with: "\n\n") + "\n"
  }

  /// The section of one operator.
  public static func markdown(of entry: OperatorEntry) -> String { section(entry).joined(separator: "\n") + "\n" }

  private static func row(_ entry: OperatorEntry) -> String {
    let descriptor = entry.descriptor
    func names(_ operands: [Operand]) -> String {
      operands.map { $0.name + ($0.isKeptForBackward ? "†" : "") + ($0.isOptional ? "‡" : "") }.joined(separator: ", ")
    }
    let cells = [
      "[\(descriptor.name)](#\(descriptor.name))", descriptor.label ?? "", descriptor.operatorClass.mark,
      "\(descriptor.floatingPointOperations)", names(entry.readsOfAllCalls), names(descriptor.writes),
      descriptor.aliasing.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.joined(separator: " or "))" }.joined(
        separator: ", "),
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private static func section(_ entry: OperatorEntry) -> [String] {
    let descriptor = entry.descriptor
    var lines = ["## \(descriptor.name)", "", "    \(descriptor.formula)", ""]
    let fused = descriptor.fuses.isEmpty ? "" : " Fuses \(descriptor.fuses.joined(separator: ", "))."
    let variants = entry.variants.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    let options = OperatorOption.allCases.filter(descriptor.options.contains).map(\.rawValue)
    lines.append(
      "Class: \(descriptor.operatorClass.rawValue).\(fused) Variants: \(variants)."
        + (options.isEmpty ? "" : " Options: \(options.joined(separator: ", "))."))
    lines += ["", "| operand | access | shape | type |", "|---|---|---|---|"]
    let table = [
      (entry.readsOfAllCalls, "read"), (descriptor.constants, "held by the plan"), (descriptor.writes, "written"),
    ]
    for (operands, access) in table {
      lines += operands.map { operand in
        let kept =
          operand.isKeptForBackward ? ", in training" + (operand.isReturnable ? ", else if asked for" : "") : ""
        let optional = operand.isOptional ? ", optional" : ""
        return
          "| \(operand.name) | \(access)\(optional)\(kept) | \(operand.shape.description) "
          + "| \(operand.typeDescription) |"
      }
    }
    return lines
  }
}
