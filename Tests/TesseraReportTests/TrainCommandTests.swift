import Foundation
import TesseraReport
import Testing

/// `tessera train` as a process, and the course of a training.
@Suite struct TrainCommandTests {
  private static let small = "--batch 2 --length 16 --layers 1 --width 16 --heads 2 --warm-up 1 --threads 2"

  private func withText(_ body: (_ text: String, _ folder: String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = folder.appending(path: "text")
    try Data(String(repeating: "to be or not to be, ", count: 20).utf8).write(to: text)
    try body(text.path, folder.appending(path: "run").path)
  }

  private func curve(_ folder: String) throws -> [TrainingCurve.Point] {
    TrainingCurve(csv: try String(contentsOfFile: folder + "/loss.csv", encoding: .utf8), through: .max).points
  }

  @Test func aTrainingEndsAndIsGeneratedFrom() throws {
    try withText { text, folder in
      let options = "train --text \(text) --output \(folder) --steps 4 \(Self.small)"
      let run = try CommandRun(options)
      #expect(run.status == 0 && run.output.contains("at step 4 of 4"), "\(run.error)")
      #expect(run.error.contains("train: step 1 of 4, loss 5."))
      #expect(try curve(folder).map(\.step) == [1, 2, 3, 4])
      let answer = try CommandRun("generate --raw --tokens 4 --threads 1 --model \(folder)/model.safetensors to")
      #expect(answer.status == 0 && !answer.output.isEmpty, "\(answer.error)")
      let fromFolder = try CommandRun("generate --raw --tokens 4 --threads 1 --model \(folder) to")
      #expect(fromFolder.status == 0 && fromFolder.output == answer.output, "\(fromFolder.error)")
      let state = try CommandRun("generate --raw --tokens 4 --threads 1 --model \(folder)/training.safetensors to")
      #expect(state.status == 1 && state.error.contains("model.safetensors beside it"), "\(state.error)")
      let chat = try CommandRun("chat --threads 1 --model \(folder)/model.safetensors")
      #expect(chat.status == 1 && chat.error.contains("tessera generate goes on with text"), "\(chat.error)")
      // There is nothing left to do, and nothing is lost.
      let again = try CommandRun(options)
      #expect(again.status == 0 && again.error.contains("already at step 4 of 4"), "\(again.error)")
      #expect(try curve(folder).count == 4)
      let other = try CommandRun("\(options) --seed 2")
      #expect(
        other.status == 1 && other.error.contains("training.seed") && other.error.contains("--restart begins anew"),
        "\(other.error)")
      #expect(try CommandRun("\(options) --seed 2 --restart").status == 0)
    }
  }

  @Test func whatCtrlCEndsGoesOnToTheSame() throws {
    try withText { text, folder in
      let options = "train --text \(text) --steps 3000 --checkpoint-every 500 \(Self.small)"
      let part = try CommandRun("\(options) --output \(folder)", isInterrupted: true)
      #expect(part.status == 130, "\(part.error)")
      #expect(try curve(folder).count < 3000)
      let rest = try CommandRun("\(options) --output \(folder)")
      #expect(rest.status == 0 && rest.error.contains("going on after step"), "\(rest.error)")
      let whole = try CommandRun("\(options) --output \(folder)-whole")
      #expect(whole.status == 0, "\(whole.error)")
      #expect(try curve(folder).map(\.loss) == curve("\(folder)-whole").map(\.loss))
      for name in ["model.safetensors", "training.safetensors"] {
        let files = try ["", "-whole"].map { try Data(contentsOf: URL(filePath: "\(folder)\($0)/\(name)")) }
        #expect(files[0] == files[1], "\(name)")
      }
    }
  }

  /// In parts, of which the first has the first values, a training is what it is in one go.
  @Test func partsMakeTheSame() throws {
    try withText { text, folder in
      let options = "train --text \(text) --steps 5 \(Self.small)"
      for last in [0, 2, 5] {
        let part = try CommandRun("\(options) --output \(folder) --stop-after \(last)")
        #expect(part.status == 0 && part.output.contains("at step \(last) of 5"), "\(part.output) \(part.error)")
        #expect(try curve(folder).count == last)
      }
      #expect(try CommandRun("\(options) --output \(folder)-early --stop-after 3").status == 0)
      // A step that the checkpoint is at, or past, leaves nothing to go on with.
      for last in [3, 1] {
        let again = try CommandRun("\(options) --output \(folder)-early --stop-after \(last)")
        #expect(again.status == 0 && again.error.contains("already at step 3 of 5"), "\(again.error)")
      }
      #expect(try CommandRun("\(options) --output \(folder)-whole").status == 0)
      #expect(try curve(folder).map(\.loss) == curve("\(folder)-whole").map(\.loss))
      for step in [-1, 6] {
        let refused = try CommandRun("\(options) --output \(folder) --stop-after \(step)")
        #expect(refused.status == 64, "\(refused.error)")
        #expect(refused.error.contains("Error: --stop-after: expected 0 to 5, the steps, got \(step)\n"))
      }
    }
  }

  /// A step that fails leaves the one before it, which is written where no checkpoint has it.
  @Test func aLossThatIsNotFiniteLeavesACheckpoint() throws {
    try withText { text, folder in
      func files(_ folder: String) throws -> [Data] {
        try ["model.safetensors", "training.safetensors"].map { try Data(contentsOf: URL(filePath: "\(folder)/\($0)")) }
      }
      let options = "train --text \(text) --steps 4 --learning-rate 1e15 \(Self.small)"
      let written = "; the checkpoint of step 1, the last good one, is in \(folder)\n"
      let run = try CommandRun("\(options) --output \(folder)")
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.error.contains("step 2: expected a finite loss and gradient"), "\(run.error)")
      #expect(run.error.hasSuffix(written), "\(run.error)")
      #expect(try curve(folder).map(\.step) == [1])
      #expect(try CommandRun("\(options) --output \(folder)-one --stop-after 1").status == 0)
      #expect(try files(folder) == files("\(folder)-one"))
      // What goes on from it fails alike, and changes nothing.
      let again = try CommandRun("\(options) --output \(folder)")
      #expect(again.status == 1 && again.error.contains("going on after step 1 of 4"), "\(again.error)")
      #expect(again.error.hasSuffix(written), "\(again.error)")
      #expect(try files(folder) == files("\(folder)-one"))
    }
  }

  @Test func aFirstStepThatFailsWritesNoCheckpoint() throws {
    try withText { text, folder in
      // Finite as a double alone.
      let run = try CommandRun("train --text \(text) --output \(folder) --learning-rate 1e39 \(Self.small)")
      let none = "; no checkpoint was written, as no step before has finite weights\n"
      #expect(run.status == 1 && run.error.hasSuffix(none), "\(run.error)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  /// A text that cannot be read is the system's fault, a place where nothing can be made the command line's.
  @Test func whatCannotBeOpenedIsNamed() throws {
    try withText { text, folder in
      let missing = try CommandRun("train --text /there/is/none --output \(folder) \(Self.small)")
      let reason = "/there/is/none: file: expected a file that can be opened, got No such file or directory"
      #expect(missing.status == 1 && missing.error.contains(reason), "\(missing.error)")
      let misplaced = try CommandRun("train --text \(text) --output \(text) \(Self.small)")
      let place = "--output: expected a folder, or what can be made one, got \"\(text)\": File exists"
      #expect(misplaced.status == 64 && misplaced.error.contains(place), "\(misplaced.error)")
    }
  }

  /// A machine that is too small is not the command line's fault; the options that would help are named.
  @Test func memoryIsShort() throws {
    try withText { text, folder in
      let run = try CommandRun("train --text \(text) --output \(folder) --length 16 --width 65536 --heads 128")
      #expect(run.status == 1 && run.error.hasPrefix("Error: could not allocate "), "\(run.error)")
      #expect(run.error.contains(" bytes; the memory follows from --layers, --width"), "\(run.error)")
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }

  @Test func aTableIsReadBack() {
    let lines = "step,loss,gradient norm,learning rate,tokens/s\n1,5.5,2.25,0.001,100\n2,0.1,1,0.002,90\nx,y\n"
    #expect(TrainingCurve(csv: lines, through: 1).points.map(\.loss) == [5.5])
    let curve = TrainingCurve(csv: lines, through: 9)
    #expect(curve.points.map(\.step) == [1, 2] && curve.points[1].loss == 0.1)
    #expect(TrainingCurve(csv: curve.csv, through: 9).points == curve.points)
    #expect(curve.picture.script.contains("$losses << END\n1.0 5.5\n2.0 0.10000000149011612\nEND"))
  }
}
