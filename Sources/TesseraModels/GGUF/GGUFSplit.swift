/// What a file says of the files that a model is split into: the keys `split.no`, from 0 on, `split.count` and
/// `split.tensors.count`, and names that end in -00001-of-00003.gguf and so on. The first has the model's metadata.
struct GGUFSplit {
  private let metadata: GGUFMetadata
  private let count: Int
  private static let countKey = "split.count"
  private static let numberKey = "split.no"
  /// The format's limit: numbers in names have five digits.
  private static let mostParts = 99_999

  /// nil where the file is whole. Throws for a part that is not the first.
  init?(_ file: GGUFFile) throws(ModelFileError) {
    metadata = file.metadata
    guard metadata.contains(Self.countKey) else { return nil }
    count = try metadata.unsigned(forKey: Self.countKey)
    guard count > 1 else { return nil }
    guard count <= Self.mostParts else {
      throw metadata.failure(Self.countKey, expected: "at most \(Self.mostParts)", actual: "\(count)")
    }
    let number = try metadata.unsigned(forKey: Self.numberKey)
    guard number == 0 else {
      throw metadata.failure(
        Self.numberKey, expected: "the first part of the model, \(Self.suffix(0, of: count))",
        actual: "\(number), counted from 0, of \(count)")
    }
  }

  /// Where the parts after the first must lie. Throws where the first's name is not that of a part.
  var otherPaths: [String] {
    get throws(ModelFileError) {
      let path = metadata.file.path
      let suffix = Self.suffix(0, of: count)
      guard path.hasSuffix(suffix) else {
        throw ModelFileError(
          file: path, offset: nil, subject: "name of the first of \(count) parts",
          expected: "one that ends in \(suffix)",
          actual: path.split(separator: "/").last.map(String.init) ?? path)
      }
      return (1..<count).map { path.dropLast(suffix.count) + Self.suffix($0, of: count) }
    }
  }

  /// Throws where a part is not the one that belongs in its place, a tensor is in two, or some are in none.
  func check(_ parts: [GGUFFile]) throws(ModelFileError) {
    for (index, part) in parts.enumerated().dropFirst() {
      for (key, expected) in [(Self.numberKey, index), (Self.countKey, count)] {
        let actual = try part.metadata.unsigned(forKey: key)
        guard actual == expected else {
          throw part.metadata.failure(key, expected: "\(expected)", actual: "\(actual)")
        }
      }
      for name in part.ownTensorNames where parts[..<index].contains(where: { $0.owns(name) }) {
        throw ModelFileError(
          file: part.file.path, offset: nil, subject: "tensor \"\(name)\"", expected: "each tensor in one part",
          actual: "the name again")
      }
    }
    let key = "split.tensors.count"
    guard metadata.contains(key) else { return }
    let (stated, found) = (try metadata.unsigned(forKey: key), parts.reduce(0) { $0 + $1.ownTensorNames.count })
    guard found == stated else {
      throw metadata.failure(key, expected: "\(found), as many as the parts have", actual: "\(stated)")
    }
  }

  private static func suffix(_ index: Int, of count: Int) -> String {
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: 5 - text.count) + text
    }
    return "-\(digits(index + 1))-of-\(digits(count)).gguf"
  }
}
