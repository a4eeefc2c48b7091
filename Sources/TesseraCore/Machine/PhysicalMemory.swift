#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The machine's main memory in bytes; no limit where the system does not tell.
public func physicalMemoryBytes() -> Int {
  let (pages, pageBytes) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
  return pages > 0 && pageBytes > 0 ? pages * pageBytes : .max
}
