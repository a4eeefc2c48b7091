import Foundation

/// Says something on standard error beside what the command prints.
func remark(_ text: String) { FileHandle.standardError.write(Data("tessera: \(text)\n".utf8)) }

func warn(_ text: String) { remark("WARNING: " + text) }
