/// A number of a template: Python's integers, as far as 64 bits have them, and floats.
enum TemplateNumber {
  case integer(Int)
  case number(Double)

  /// Throws for what is no number; true and false are 1 and 0.
  init(_ value: TemplateValue, _ operation: String) throws(TemplateFault) {
    switch value {
    case .boolean(let value): self = .integer(value ? 1 : 0)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    default: throw TemplateFault.type("a number for \"\(operation)\"", value)
    }
  }

  var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    }
  }

  func signed(_ isNegative: Bool) throws(TemplateFault) -> TemplateValue {
    switch self {
    case .integer(let value):
      .integer(try Self.checked(isNegative ? value.multipliedReportingOverflow(by: -1) : (value, false)))
    case .number(let value): .number(isNegative ? -value : value)
    }
  }

  static func result(
    _ operation: TemplateArithmetic, _ a: TemplateNumber, _ b: TemplateNumber
  ) throws(TemplateFault) -> TemplateValue {
    let dividing: [TemplateArithmetic] = [.dividedBy, .flooredBy, .modulo]
    if dividing.contains(operation), b.double == 0 {
      throw TemplateFault(expected: "a number other than 0 to divide by", actual: "0")
    }
    if case .integer(let x) = a, case .integer(let y) = b, let value = try integers(operation, x, y) {
      return .integer(value)
    }
    let (x, y) = (a.double, b.double)
    switch operation {
    case .plus: return .number(x + y)
    case .minus: return .number(x - y)
    case .times: return .number(x * y)
    case .dividedBy: return .number(x / y)
    case .flooredBy: return .number(((x - modulo(x, y)) / y).rounded())
    case .modulo: return .number(modulo(x, y))
    case .power: throw TemplateFault.unknown("operation", "** of numbers with a fraction, or to a negative power")
    }
  }

  /// nil: the result is a float.
  private static func integers(_ operation: TemplateArithmetic, _ x: Int, _ y: Int) throws(TemplateFault) -> Int? {
    switch operation {
    case .plus: return try checked(x.addingReportingOverflow(y))
    case .minus: return try checked(x.subtractingReportingOverflow(y))
    case .times: return try checked(x.multipliedReportingOverflow(by: y))
    case .dividedBy: return nil
    case .flooredBy:
      let quotient = try checked(x.dividedReportingOverflow(by: y))
      return x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient
    case .modulo:
      if y == -1 { return 0 }
      let rest = x % y
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
    case .power:
      guard y >= 0 else { return nil }
      if x == 0 || x == 1 || x == -1 { return y == 0 ? 1 : x == -1 && y % 2 == 0 ? 1 : x }
      var value = 1
      for _ in 0..<min(y, 64) { value = try checked(value.multipliedReportingOverflow(by: x)) }
      return value
    }
  }

  private static func checked(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateFault) -> Int {
    guard !result.overflow else { throw TemplateFault.bound("integers of 64 bits", "a larger one") }
    return result.partialValue
  }

  /// The remainder with the divisor's sign.
  private static func modulo(_ x: Double, _ y: Double) -> Double {
    let rest = x.truncatingRemainder(dividingBy: y)
    if rest == 0 { return y < 0 ? -0.0 : 0.0 }
    return (rest < 0) != (y < 0) ? rest + y : rest
  }
}
