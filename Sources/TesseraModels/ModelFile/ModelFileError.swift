/// Why a model file cannot be read, and where.
public struct ModelFileError: Error, Equatable, Sendable {
  /// The file's path, as it was given.
  public var file: String
  /// The byte at which what is wrong begins; nil where it is the file itself, or something that is not in it.
  public var offset: Int?
  /// What was being read.
  public var subject: String
  public var expected: String
  public var actual: String
}

extension ModelFileError: CustomStringConvertible {
  public var description: String {
    let place = offset.map { "\(file): byte \($0)" } ?? file
    return "\(place): \(subject): expected \(expected), got \(actual)"
  }
}
