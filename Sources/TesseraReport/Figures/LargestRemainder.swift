/// Shares of a whole in per cent with two decimals that add up to 100.00.
///
/// Each share is rounded down to a hundredth; the hundredths that are then missing go to the shares that lost most.
/// Rounding each to the nearest would let a column add up to 99.99, as the forward FLOPs of BERT-large do
/// (99.7042, 0.2322, 0.0637): readers would look for the missing hundredth. All zeros where the whole is 0.
package func percentages(of parts: [Double]) -> [Double] {
  let whole = parts.reduce(0, +)
  guard whole > 0 else { return parts.map { _ in 0 } }
  let exact = parts.map { $0 / whole * 10_000 }
  var hundredths = exact.map { Int($0.rounded(.down)) }
  let missing = 10_000 - hundredths.reduce(0, +)
  // The first of equals wins, so that the result depends on nothing but the parts.
  let byLoss = parts.indices.sorted { left, right in
    let (first, second) = (exact[left] - exact[left].rounded(.down), exact[right] - exact[right].rounded(.down))
    return first == second ? left < right : first > second
  }
  for index in byLoss.prefix(max(0, missing)) { hundredths[index] += 1 }
  return hundredths.map { Double($0) / 100 }
}
