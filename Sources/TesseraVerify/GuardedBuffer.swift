import Tessera

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory of exactly `byteCount` bytes next to a page that cannot be touched: an access past the guarded end ends the
/// process, and what lies between the other end and its own guard page holds a filler that can be checked.
public final class GuardedBuffer {
  /// Which end lies at an inaccessible page.
  public enum Placement: String, CaseIterable, Sendable {
    /// The last byte is the last before one.
    case endsAtGuard
    /// The first byte is the first after one.
    case beginsAtGuard
  }

  /// What fills memory that holds nothing: a NaN, so that it shows in results.
  public enum Filler: UInt32, Sendable {
    /// Fills what is read. A signalling NaN: arithmetic makes a quiet one of it, so that it cannot come back as it was.
    case read = 0x7FA5_A5A5
    /// Fills what is written. No arithmetic makes this NaN, and as a mask's byte it is neither kept nor dropped.
    case written = 0xFFFF_FFFF
  }

  public let filler: Filler
  /// The bytes asked for; with a base address also where there are none.
  public let bytes: UnsafeMutableRawBufferPointer
  /// All bytes between the two guard pages.
  private let accessible: UnsafeMutableRawBufferPointer
  private let mapping: UnsafeMutableRawBufferPointer

  /// Fresh memory, all filler. Throws where the system has none left.
  public init(byteCount: Int, placement: Placement, filler: Filler = .written) throws(TesseraError) {
    self.filler = filler
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let accessibleCount = max(1, (byteCount + page - 1) / page) * page
    let start = mmap(nil, accessibleCount + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start, start != MAP_FAILED else { throw .outOfMemory(byteCount: byteCount) }
    mapping = UnsafeMutableRawBufferPointer(start: start, count: accessibleCount + 2 * page)
    guard mprotect(start + page, accessibleCount, PROT_READ | PROT_WRITE) == 0 else {
      munmap(start, mapping.count)
      throw .outOfMemory(byteCount: byteCount)
    }
    accessible = UnsafeMutableRawBufferPointer(start: start + page, count: accessibleCount)
    let offset = placement == .beginsAtGuard ? 0 : accessibleCount - byteCount
    bytes = UnsafeMutableRawBufferPointer(start: start + page + offset, count: byteCount)
    fill()
  }

  deinit { munmap(mapping.baseAddress!, mapping.count) }

  /// Also in the room that page granularity leaves beside `bytes`.
  public func fill() {
    accessible.bindMemory(to: UInt32.self).update(repeating: filler.rawValue)
  }

  /// Whether nothing but filler lies between the guard pages.
  public var isAllFiller: Bool {
    accessible.bindMemory(to: UInt32.self).allSatisfy { $0 == filler.rawValue }
  }

  /// A copy of everything between the guard pages, to compare with later.
  public var snapshot: [UInt8] { Array(accessible) }

  public func isUnchanged(since snapshot: [UInt8]) -> Bool {
    snapshot.withUnsafeBytes { memcmp($0.baseAddress!, accessible.baseAddress!, accessible.count) == 0 }
  }
}
