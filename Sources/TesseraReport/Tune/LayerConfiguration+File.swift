import Foundation
import Tessera

extension LayerConfiguration {
  /// As a file has it.
  public func json() throws -> String { try jsonText(self) }

  /// What is wrong, where the decoder says so.
  private static func words(_ error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context): return "no \(place(context.codingPath + [key]))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "another kind of value at \(place(context.codingPath))"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "an unknown value at \(place(context.codingPath))"
    default: return "no JSON"
    }
  }

  /// Reads a file that `tessera tune` wrote. Throws for what is no such file.
  public init(file path: String) throws(TesseraError) {
    func invalid(_ actual: String) -> TesseraError {
      .invalidOperand(
        operation: "configuration", operand: path, expected: "a file that tessera tune wrote", actual: actual)
    }
    let contents = try boundedContents(of: path, limit: 1 << 16)
    do { self = try JSONDecoder().decode(Self.self, from: contents) } catch { throw invalid(Self.words(error)) }
  }
}
