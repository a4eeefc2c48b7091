import Foundation
import Tessera

/// A shared library that was loaded while the process runs, with its symbols.
struct LoadedLibrary {
  private let handle: UnsafeMutableRawPointer
  private let name: String

  /// The first of these names that the system finds. `environment` is set while the library's own start runs, and then
  /// is what it was. Throws what the system says of the first, where it finds none.
  init(_ names: [String], environment: [String: String]) throws(TesseraError) {
    let former = environment.keys.map { ($0, getenv($0).map { String(cString: $0) }) }
    for (variable, value) in environment { setenv(variable, value, 1) }
    defer {
      for (variable, value) in former { if let value { setenv(variable, value, 1) } else { unsetenv(variable) } }
    }
    var reason: String?
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        (self.handle, self.name) = (handle, name)
        return
      }
      reason = reason ?? dlerror().map { String(cString: $0) }
    }
    throw .invalidOperand(
      operation: "baseline", operand: "OpenBLAS",
      expected: "\(names[0]), from the package libopenblas0-pthread (Debian, Ubuntu) or openblas (Homebrew)",
      actual: reason ?? "none")
  }

  func symbol(_ symbol: String) throws(TesseraError) -> UnsafeMutableRawPointer {
    guard let address = dlsym(handle, symbol) else {
      throw .invalidOperand(
        operation: "baseline", operand: "OpenBLAS", expected: "a library that has \(symbol)", actual: name)
    }
    return address
  }

  /// Its symbols mean nothing from here on.
  func close() { dlclose(handle) }
}
