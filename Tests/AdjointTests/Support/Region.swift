#if os(Linux)
  import Glibc
  import Synchronization

  /// What one parallel region of the OpenMP runtime did that was asked for two threads.
  struct Region: Equatable, Sendable {
    /// How often the body was called.
    var calls = 0
    /// The size of the team that the body saw.
    var threads = 0

    private typealias Body = @convention(c) (UnsafeMutableRawPointer?) -> Void
    private typealias Parallel =
      @convention(c) (Body, UnsafeMutableRawPointer?, UInt32, UInt32) -> Void
    private typealias Query = @convention(c) () -> Int32

    private final class Counter: Sendable {
      let calls = Atomic<Int>(0)
      let threads = Atomic<Int>(0)
    }

    /// Starts a region the way compiled OpenMP code does: by the first definition in the process.
    static func run() -> Region {
      guard let symbol = dlsym(nil, "GOMP_parallel") else { return Region() }
      let parallel = unsafeBitCast(symbol, to: Parallel.self)
      let counter = Counter()
      parallel(
        { data in
          guard let data, let query = dlsym(nil, "omp_get_num_threads") else { return }
          let counter = Unmanaged<Counter>.fromOpaque(data).takeUnretainedValue()
          counter.calls.add(1, ordering: .relaxed)
          counter.threads.store(
            Int(unsafeBitCast(query, to: Query.self)()), ordering: .relaxed)
        }, Unmanaged.passUnretained(counter).toOpaque(), 2, 0)
      return Region(
        calls: counter.calls.load(ordering: .relaxed),
        threads: counter.threads.load(ordering: .relaxed))
    }

    /// The same on a thread of its own.
    static func runOnNewThread() -> Region {
      final class Box: Sendable { let region = Mutex(Region()) }
      let box = Box()
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { data in
          guard let data else { return nil }
          let box = Unmanaged<Box>.fromOpaque(data).takeUnretainedValue()
          box.region.withLock { $0 = Region.run() }
          return nil
        }, Unmanaged.passUnretained(box).toOpaque())
      pthread_join(thread, nil)
      return box.region.withLock { $0 }
    }
  }
#endif
