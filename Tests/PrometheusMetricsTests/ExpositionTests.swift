import Testing

@Suite("The tests' reader of the text format")
struct ExpositionTests {
    @Test(
        "refuses what a scraper refuses",
        arguments: [
            "# TYPE a counter\na 1", "a 1\n", "# HELP a x\n# TYPE a thing\na 1\n",
            "# HELP a x\n# TYPE a gauge\na one\n",
            "# HELP a x\n# TYPE a gauge\na 1\na 2\n", "# HELP a x\n# TYPE a gauge\na{b=\"1\" 1\n",
            "# HELP a x\n# TYPE a gauge\na{b=\"\\x\"} 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\n",
            "# HELP a x\n# TYPE a gauge\n9a 1\n", "# HELP a x\n# HELP a x\n# TYPE a gauge\na 1\n",
            "# HELP a x\n# TYPE a gauge\na{} 1\n", "# HELP a x\n# TYPE a gauge\na_sum 1\n",
        ]
    )
    func refused(text: String) {
        #expect(throws: Exposition.Fault.self) { try Exposition(text) }
    }

    @Test("reads labels and values")
    func read() throws {
        let read = try Exposition("# HELP a x y\n# TYPE a gauge\na{b=\"1\\n\",c=\"\"} -1.5e-07\na NaN\n")
        #expect(read.value("a", ["b": "1\n", "c": ""]) == -1.5e-07)
        #expect(read.value("a")?.isNaN == true)
        #expect(read.families["a"]?.help == "x y")
    }
}
