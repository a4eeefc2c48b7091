/// A number and what there are so many of, in texts: "1 run", "2 runs".
package func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

extension BinaryFloatingPoint {
  /// The value in texts. What is not a number is "nan", whatever its sign, which means nothing; x86-64 sets it in what
  /// ∞ − ∞ gives.
  package var spelled: String { isNaN ? "nan" : "\(self)" }
}
