/// What a call's options are: by keys, as an object of JSON has them, and in words.
public struct OptionFigures: Encodable, Sendable {
  public enum Value: Encodable, Hashable, Sendable {
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case single(Float)
    case text(String)
    case integers([Int])
    case integerLists([[Int]])

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .flag(let value): try container.encode(value)
      case .integer(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .single(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .integers(let value): try container.encode(value)
      case .integerLists(let value): try container.encode(value)
      }
    }
  }

  private struct Line {
    var key: String
    var value: Value
    /// nil where the text does not mention it.
    var words: String?
  }
  private var lines: [Line] = []

  /// Those that the operator has.
  public init(_ request: OperatorRequest, of descriptor: OperatorDescriptor) {
    for option in OperatorOption.allCases where descriptor.options.contains(option) {
      add(option, request, descriptor)
    }
  }

  /// nil for an option that the operator or the call does not have.
  public subscript(key: String) -> Value? { lines.first { $0.key == key }?.value }

  /// Those that are worth a word, in the order of the options.
  public var words: [String] { lines.compactMap(\.words) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for line in lines { try container.encode(line.value, forKey: Key(stringValue: line.key)) }
  }

  /// The numbers, or of more than a line takes their count.
  private static func documentWords(_ starts: [[Int]]) -> String {
    let count = starts.joined().count
    return count > 16 ? "\(count) document starts" : "document starts \(starts)"
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private mutating func append(_ key: String, _ value: Value, _ words: String?) {
    lines.append(Line(key: key, value: value, words: words))
  }

  private mutating func add(_ option: OperatorOption, _ request: OperatorRequest, _ descriptor: OperatorDescriptor) {
    switch option {
    case .activation: append("activation", .text(request.activation.rawValue), request.activation.rawValue)
    case .weightType: append("weight", .text(request.weightType.name), request.weightType.name)
    case .scale: append("scale", .single(request.scale), nil)
    case .mask: append("mask", .text(request.mask.name), request.mask == .full ? nil : "mask \(request.mask.words)")
    case .attention:
      guard let problem = request.attention else { return }
      append("mask", .text(problem.mask.name), "mask \(problem.mask.words)")
      append("hasBias", .flag(problem.bias != nil), problem.bias.map { _ in "bias" })
      if problem.gradients.bias != nil { append("hasBiasGradient", .flag(true), "bias gradient") }
      append("hasBooleanMask", .flag(problem.booleanMask != nil), problem.booleanMask.map { _ in "Boolean mask" })
      if let slopes = problem.slopes {
        append("slopes", .text(slopes.rawValue), slopes == .perHead ? "slopes" : "slopes of each sequence")
      }
      if problem.hasSinks { append("hasSinks", .flag(true), "sinks") }
      if let softcap = problem.softcap { append("softcap", .single(softcap), "softcap \(softcap)") }
      if let offsets = problem.queryOffsets {
        append("queryOffsets", .integers(offsets), "query offsets \(offsets)")
      }
      if let lengths = problem.queryLengths {
        append("queryLengths", .integers(lengths), "query lengths \(lengths)")
      }
      if let starts = problem.queryStarts { append("queryStarts", .integers(starts), "queries packed") }
      if let starts = problem.keyStarts { append("keyStarts", .integers(starts), "keys packed") }
      if let lengths = problem.keyLengths { append("keyLengths", .integers(lengths), "key lengths \(lengths)") }
      if let starts = problem.documentStarts {
        append("documentStarts", .integerLists(starts), Self.documentWords(starts))
      }
      if let blocks = problem.blockMask {
        let sizes = [blocks.queriesPerBlock, blocks.keysPerBlock]
        append("blockMask", .integers(sizes), "block mask of \(sizes[0]) × \(sizes[1])")
      }
      if let sequences = problem.dropoutSequences {
        append("dropoutSequences", .integers(sequences), "dropout sequences \(sequences)")
      }
    case .dropout:
      let probability = request.attention.map { $0.dropout?.probability ?? 0 } ?? request.dropProbability
      // Inference drops nothing; attention draws where it has a dropout.
      let drops =
        request.attention.map { $0.dropout != nil } ?? (request.mode == .training || !descriptor.dependsOnMode)
      append("dropout", .number(probability), drops ? "dropout \(probability)" : nil)
    case .epsilon: append("epsilon", .single(request.epsilon), nil)
    case .bias: append("hasBias", .flag(request.hasBias), request.hasBias ? nil : "no bias")
    case .sum: append("returnsSum", .flag(request.returnsSum), request.returnsSum ? "sum returned" : nil)
    case .transposedRight:
      append("transposesRight", .flag(request.transposesRight), request.transposesRight ? "right transposed" : nil)
    case .packedWeights:
      append("packsWeights", .flag(request.packsWeights), request.packsWeights ? "weights packed" : nil)
    case .rotary:
      let columns: Extent = descriptor.extents.contains(.columns) ? .columns : .headDimension
      let rotated = request.rotary.rotated(of: request.extents[columns])
      let inTokenRows = !request.batchedLayouts.isEmpty
      append("pairing", .text(request.rotary.pairing.rawValue), request.rotary.pairing.rawValue)
      append("rotatedColumns", .integer(rotated), "\(rotated) rotated")
      append("inTokenRows", .flag(inTokenRows), inTokenRows ? "token rows" : nil)
    case .sampling, .crossEntropy, .adamW: return
    case .inPlace: append("inPlace", .flag(request.isInPlace), request.isInPlace ? "in place" : nil)
    }
  }
}
