import Foundation

/// max(floor, slope · tokens): a constant part and a proportional one, fitted to times over tokens.
///
/// The first k points take the constant, the others the line through the origin; each is the geometric mean of its own
/// points, t and t / tokens, which is the least-squares fit of the logarithms. Of all k that leave each part two points
/// the one with the least squared error is taken. The two meet at floor / slope tokens.
public struct TwoLineFit: Hashable, Sendable {
  public let floor: Double
  public let slope: Double
  /// Root of the mean squared difference of logarithms: about the relative error of a point.
  public let error: Double

  /// floor / slope.
  public var ridge: Double { floor / slope }

  /// Takes at least four points in rising order of tokens, all above 0.
  package init(_ points: [(tokens: Double, time: Double)]) {
    precondition(points.count >= 4, "two lines through fewer than four points")
    let fits = (2...points.count - 2).map { TwoLineFit(points, constant: $0) }
    self = fits.min { $0.error < $1.error }!
  }

  private init(_ points: [(tokens: Double, time: Double)], constant count: Int) {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let times = points.prefix(count).map { log($0.time) }
    let rates = points.dropFirst(count).map { log($0.time / $0.tokens) }
    let (constant, rate) = (mean(times), mean(rates))
    floor = exp(constant)
    slope = exp(rate)
    let squares = times.map { ($0 - constant) * ($0 - constant) } + rates.map { ($0 - rate) * ($0 - rate) }
    error = mean(squares).squareRoot()
  }
}
