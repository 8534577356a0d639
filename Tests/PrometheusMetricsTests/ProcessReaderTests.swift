import Glibc
import Testing

@testable import PrometheusMetrics

@Suite("The process' own figures")
struct ProcessReaderTests {
    @Test("the line of the kernel is read, whatever the program is called")
    func stat() throws {
        let line =
            "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 9000 0 0 0 250 50 0 0 20 0 9 0 12345 1073741824 2560 "
            + "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n"
        let read = try #require(ProcessStatistics(stat: line, ticks: 100, pageSize: 4_096))
        #expect(read.cpuSeconds == 3)
        #expect(read.threads == 9)
        #expect(read.startedAfterBoot == 123.45)
        #expect(read.virtualBytes == 1_073_741_824)
        #expect(read.residentBytes == 10_485_760)
    }

    @Test(
        "what is no such line is nothing",
        arguments: ["", "4711 (x", "4711 (x) S 1 2", "1 (x) " + "a ".repeated(30)]
    )
    func broken(line: String) {
        #expect(ProcessStatistics(stat: line, ticks: 100, pageSize: 4_096) == nil)
    }

    @Test("this process: figures that can be true, and an opened file is seen")
    func ourselves() async throws {
        let registry = PrometheusRegistry()
        let before = try Exposition(await registry.text())
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        let after = try Exposition(await registry.text())
        let resident = try #require(after.value("process_resident_memory_bytes"))
        #expect((1e6..<1e11).contains(resident))
        #expect(try #require(after.value("process_threads")) >= 1)
        #expect(try #require(after.value("process_cpu_seconds_total")) > 0)
        let start = try #require(after.value("process_start_time_seconds"))
        // `time` counts whole seconds, the kernel ticks.
        #expect((-2..<86_400).contains(Double(time(nil)) - start))
        let descriptors = try #require(after.value("process_open_fds"))
        // Other tests of this run may open and close some meanwhile.
        #expect(descriptors >= 4)
        #expect(try #require(after.value("process_max_fds")) >= descriptors)
        #expect(before.families["process_cpu_seconds_total"]?.type == "counter")
    }
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
