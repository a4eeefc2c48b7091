import Tessera

extension CaseList {
  /// Head widths around vectors and loops; one head and several, shared ones too; sequences that work items cut and
  /// that they join; every place that outputs can have.
  static func attentionInputBiasCases() -> [VerificationCase] {
    var cases = (around(8, 16, 32, 64) + [1, 80]).map { problem(batch: 2, length: 3, heads: 2, dimension: $0) }
    cases += [(1, 1, 1, 1, 1), (3, 5, 4, 2, 20), (2, 7, 6, 1, 16), (1, 97, 3, 3, 24), (5, 1, 2, 1, 64)].map {
      problem(batch: $0, length: $1, heads: $2, keyValueHeads: $3, dimension: $4)
    }
    // Several work items, which end within sequences and beyond them.
    cases += [(7, 41, 4, 2, 32), (2, 300, 3, 3, 16)].map {
      problem(batch: $0, length: $1, heads: $2, keyValueHeads: $3, dimension: $4)
    }
    cases += [(0, 3, 2, 2, 8), (2, 0, 2, 2, 8), (2, 3, 0, 2, 8), (2, 3, 2, 0, 8), (2, 3, 2, 2, 0)].map {
      problem(batch: $0, length: $1, heads: $2, keyValueHeads: $3, dimension: $4)
    }
    for (batch, length, heads, keyValueHeads, dimension) in [(3, 5, 4, 2, 16), (2, 9, 3, 1, 7), (2, 150, 4, 4, 64)] {
      cases += OutputPlaces.allCases.map { places in
        problem(
          batch: batch, length: length, heads: heads, keyValueHeads: keyValueHeads, dimension: dimension,
          places: places)
      }
    }
    for isInPlace in [false, true] {
      var special = problem(
        batch: 2, length: 15, heads: 3, keyValueHeads: 2, dimension: 33, places: isInPlace ? .inPlace : .headsFirst)
      special.values = .special
      special.notes.append("special values")
      cases.append(special)
    }
    return cases
  }

  /// The same behind a product, of several depths, with weights packed and not.
  static func linearAttentionInputBiasCases() -> [VerificationCase] {
    let depths = [1, 5, 40, 0, 130, 300, 17]
    let cases = attentionInputBiasCases().filter { !$0.request.isInPlace }
    return cases.enumerated().flatMap { index, original in
      let depth = depths[index % depths.count]
      var unpacked = original
      unpacked.request.extents[.depth] = depth
      let projected = original.request.layouts["input"]!
      unpacked.request.layouts = [
        "input": MatrixLayout(
          rows: projected.rows, columns: depth, rowStride: depth + projected.offset, offset: projected.offset)
      ]
      var packed = unpacked
      packed.packsWeights = true
      packed.notes.append("packed weights")
      return [unpacked, packed]
    }
  }

  /// How the outputs, and the input's rows, lie.
  private enum OutputPlaces: String, CaseIterable {
    case headsFirst = "heads first"
    case tokensFirst = "tokens first"
    /// Gaps lie between planes and rows and before the first element; no row is aligned.
    case gaps = "gaps and offsets"
    /// Rows begin on cache lines, so that non-temporal stores are taken where asked for.
    case aligned = "aligned rows"
    case inPlace = "in place"
    case inPlaceWithGaps = "in place, gaps and an offset"
    case reversedInput = "input rows in reverse"
    case repeatedInput = "one input row repeated"

    func change(_ problem: inout AttentionInputBiasProblem) {
      let columns = problem.input.columns
      switch self {
      case .headsFirst, .tokensFirst: break
      case .gaps:
        problem.input.rowStride = columns + 3
        problem.input.offset = 2
        problem.spread { layout in
          layout.rowStride += 5
          layout.innerStride = layout.rows * layout.rowStride + 1
          layout.outerStride = layout.innerPlanes * layout.innerStride + 2
          layout.offset = 3
        }
      case .aligned:
        problem.spread { layout in
          layout.rowStride = (layout.columns / 16 + 1) * 16
          layout.innerStride = layout.rows * layout.rowStride
          layout.outerStride = layout.innerPlanes * layout.innerStride
        }
      case .inPlace: problem = problem.inPlace
      case .inPlaceWithGaps:
        problem.input.rowStride = columns + 7
        problem.input.offset = 5
        problem = problem.inPlace
      case .reversedInput:
        problem.input.rowStride = -(columns + 1)
        problem.input.offset = max(0, problem.input.rows - 1) * (columns + 1)
      case .repeatedInput: problem.input.rowStride = 0
      }
    }
  }

  private static func problem(
    batch: Int, length: Int, heads: Int, keyValueHeads: Int? = nil, dimension: Int,
    places: OutputPlaces = .headsFirst
  ) -> VerificationCase {
    var problem = AttentionInputBiasProblem(
      batch: batch, length: length, queryHeads: heads, keyValueHeads: keyValueHeads, headDimension: dimension,
      order: places == .tokensFirst ? .rowsFirst : .headsFirst)
    places.change(&problem)
    var result = VerificationCase([
      .batch: batch, .queryHeads: heads, .keyValueHeads: problem.keyValueHeads, .queryLength: length,
      .headDimension: dimension,
    ])
    result.layouts = ["input": problem.input]
    result.batchedLayouts = ["queries": problem.queries, "keys": problem.keys, "values": problem.values]
    result.isInPlace = [.inPlace, .inPlaceWithGaps].contains(places)
    // Memory begins on a page, so that aligned rows are aligned in memory.
    if places == .aligned { result.placement = .beginsAtGuard }
    result.notes = places == .headsFirst ? [] : [places.rawValue]
    return result
  }
}

extension AttentionInputBiasProblem {
  /// Changes each output's layout.
  fileprivate mutating func spread(_ change: (inout BatchedMatrixLayout) -> Void) {
    change(&queries)
    change(&keys)
    change(&values)
  }
}
