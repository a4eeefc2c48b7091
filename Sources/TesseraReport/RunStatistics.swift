/// Median, extremes and spread of one figure over runs.
public struct RunStatistics: Hashable, Sendable {
  /// The middle value; the mean of the two middle ones of an even number.
  public let median: Double
  public let minimum: Double
  public let maximum: Double

  /// Takes at least one sample.
  public init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "statistics of no samples")
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    minimum = sorted.first!
    maximum = sorted.last!
  }

  /// (maximum − minimum) / median; 0 where the median is 0.
  public var spread: Double { median == 0 ? 0 : (maximum - minimum) / median }
}
