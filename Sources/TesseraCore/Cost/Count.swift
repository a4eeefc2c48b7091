/// A sum of coefficient · product of extents: how an operator's FLOPs and elements are declared.
///
/// One declaration evaluates to numbers for ledger and report, and prints as a formula in the docs.
public struct Count: Hashable, Sendable {
  struct Term: Hashable, Sendable {
    var coefficient: Int
    var extents: [Extent]
  }
  private var terms: [Term]

  /// `Count(2, .rows, .columns, .depth)` is 2 · rows · columns · depth.
  public init(_ coefficient: Int, _ extents: Extent...) { self.init(coefficient, extents) }

  public init(_ coefficient: Int, _ extents: [Extent]) {
    terms = coefficient == 0 ? [] : [Term(coefficient: coefficient, extents: extents)]
  }

  public static func + (left: Count, right: Count) -> Count {
    var sum = left
    sum.terms += right.terms
    return sum
  }

  /// The sum for these extents, which have been found to fit.
  public func callAsFunction(_ values: Extents) -> Int {
    checked(values)!
  }

  /// The sum for these extents; nil where one is negative or a product does not fit in Int.
  public func checked(_ values: Extents) -> Int? {
    var sum = 0
    for term in terms {
      guard term.extents.allSatisfy({ values[$0] >= 0 }) else { return nil }
      // 0 times anything fits, whatever the order of the factors.
      guard term.extents.allSatisfy({ values[$0] > 0 }) else { continue }
      var product = term.coefficient
      for extent in term.extents {
        let (next, overflow) = product.multipliedReportingOverflow(by: values[extent])
        guard !overflow else { return nil }
        product = next
      }
      let (next, overflow) = sum.addingReportingOverflow(product)
      guard !overflow else { return nil }
      sum = next
    }
    return sum
  }
}

extension Count: CustomStringConvertible {
  public var description: String {
    guard !terms.isEmpty else { return "0" }
    return terms.map { term in
      let names = term.extents.map(\.rawValue)
      let factors = term.coefficient == 1 && !names.isEmpty ? names : ["\(term.coefficient)"] + names
      return factors.joined(separator: " · ")
    }.joined(separator: " + ")
  }
}
