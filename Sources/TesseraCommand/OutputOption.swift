import ArgumentParser
import TesseraReport

/// The file that `--output` names; nil for standard output. Throws where it could not be written.
func outputFile(_ path: String?) throws -> OutputFile? {
  guard let path else { return nil }
  do { return try OutputFile(path) } catch { throw ValidationError("--output: \(error)") }
}

/// Writes to the file, or to standard output where there is none.
func write(_ text: String, to file: OutputFile?) throws {
  if let file { try file.write(text) } else { try StandardOutput.write(text) }
}
