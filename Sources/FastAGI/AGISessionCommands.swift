// The commands, each with the result that contract 40 §4 gives it. All throw `AGIError`.

extension AGISession {
    /// A channel variable's value or a function's, as it came; empty when it is not set.
    public func getVariableBytes(_ name: String) async throws -> [UInt8] {
        let result = try await result(of: AGICommand("GET VARIABLE", [.quoted(Array(name.utf8))]))
        let value = result.value == "1" ? result.data ?? [] : []
        // Asterisk cuts what a function returns here at 1,023 bytes; the full command does not.
        if name.utf8.last == UInt8(ascii: ")"), value.count >= 1_000 {
            return try await getFullVariableBytes("${\(name)}")
        }
        return value
    }

    /// A channel variable's value or a function's, invalid UTF-8 replaced; empty when it is not set.
    public func getVariable(_ name: String) async throws -> String {
        String(decoding: try await getVariableBytes(name), as: UTF8.self)
    }

    /// An expression such as `${NAME}`, evaluated on this channel or another; empty when there is no
    /// such channel.
    public func getFullVariable(_ expression: String, channel: String? = nil) async throws -> String {
        String(decoding: try await getFullVariableBytes(expression, channel: channel), as: UTF8.self)
    }

    private func getFullVariableBytes(_ expression: String, channel: String? = nil) async throws -> [UInt8] {
        let words = [expression] + (channel.map { [$0] } ?? [])
        let command = AGICommand("GET FULL VARIABLE", words.map { .quoted(Array($0.utf8)) })
        let result = try await result(of: command)
        return result.value == "1" ? result.data ?? [] : []
    }

    /// Sets a variable or a writable function; a value too long for Asterisk is shortened, with a
    /// warning in the log.
    public func setVariable(_ name: String, _ value: String) async throws {
        try await setVariable(name, bytes: Array(value.utf8))
    }

    /// Sets a variable to bytes that are only passed through.
    public func setVariable(_ name: String, bytes: [UInt8]) async throws {
        _ = try await result(
            of: AGICommand("SET VARIABLE", [.quoted(Array(name.utf8)), .quoted(bytes)], shortenable: 1)
        )
    }

    /// A line for Asterisk's log; shortened to 1,024 bytes, the most that existing clients read at once.
    public func verbose(_ message: String, level: Int = 1) async throws {
        let level = String(min(max(level, 0), 9))
        let command = AGICommand(
            "VERBOSE",
            [.quoted(Array(message.utf8)), .plain(level)],
            shortenable: 0
        )
        _ = try await result(of: command, limit: 1_024)
    }

    /// Runs a dialplan application.
    /// - Returns: Its return code: 0 ordinary, -1 hang-up or failure, -2 no such application.
    @discardableResult
    public func exec(_ application: String, _ options: String = "") async throws -> Int {
        try await exec(application, options, pace: .unbounded)
    }

    @discardableResult
    func exec(_ application: String, _ options: String, pace: AGIReplyPace) async throws -> Int {
        let words: [AGICommand.Word] =
            [.plain(application)] + (options.isEmpty ? [] : [.quoted(Array(options.utf8))])
        return try await result(of: AGICommand("EXEC", words, pace: pace)).number ?? -1
    }

    /// Sets the caller id from `"name" <number>`; more than 255 bytes are refused.
    public func setCallerID(_ text: String) async throws {
        guard text.utf8.count <= 255 else {
            throw AGIError.commandTooLong(verb: "SET CALLERID", limit: 255)
        }
        _ = try await result(of: AGICommand("SET CALLERID", [.quoted(Array(text.utf8))]))
    }

    /// Answers the channel; `false` when that failed.
    @discardableResult
    public func answer() async throws -> Bool {
        try await result(of: AGICommand("ANSWER", pace: .media)).number == 0
    }

    /// Plays a sound file.
    /// - Parameters:
    ///   - file: Name without extension.
    ///   - escapeDigits: Digits that stop it.
    ///   - offset: First sample.
    /// - Returns: The digit that stopped it, or `nil` when it was played to its end.
    /// - Throws: `AGIError.hungUp` when it failed on a channel that hung up; `AGIError.refused` when
    ///   it failed otherwise.
    @discardableResult
    public func streamFile(
        _ file: String,
        escapeDigits: String = "",
        offset: Int = 0
    ) async throws -> Unicode.Scalar? {
        let command = AGICommand(
            "STREAM FILE",
            [.plain(file), .quoted(Array(escapeDigits.utf8)), .plain(String(offset))],
            pace: .media
        )
        let code = try await result(of: command).number ?? -1
        guard code >= 0 else { throw failureOfMedia(command.verb) }
        return code == 0 ? nil : UInt8(exactly: code).map { Unicode.Scalar($0) }
    }

    /// Plays a sound file and gathers digits.
    /// - Parameters:
    ///   - file: Name without extension.
    ///   - timeout: Milliseconds to wait for a digit.
    ///   - maximumDigits: Digits that end it.
    /// - Throws: As `streamFile`.
    public func getData(_ file: String, timeout: Int, maximumDigits: Int) async throws -> String {
        let command = AGICommand(
            "GET DATA",
            [.plain(file), .plain(String(timeout)), .plain(String(maximumDigits))],
            pace: .media
        )
        let digits = try await result(of: command).value
        guard digits != "-1" else { throw failureOfMedia(command.verb) }
        return digits
    }

    /// Says a number.
    /// - Parameters:
    ///   - escapeDigits: Digits that stop it.
    ///   - gender: `f`, `m`, `c` or `n` for languages that tell them apart; `nil`: the language's own.
    /// - Throws: As `streamFile`.
    public func sayNumber(_ number: Int, escapeDigits: String = "", gender: String? = nil) async throws {
        let words: [AGICommand.Word] =
            [.quoted(Array(String(number).utf8)), .quoted(Array(escapeDigits.utf8))]
            + (gender.map { [.plain($0)] } ?? [])
        let command = AGICommand("SAY NUMBER", words, pace: .media)
        let code = try await result(of: command).number ?? -1
        guard code >= 0 else { throw failureOfMedia(command.verb) }
    }

    private func failureOfMedia(_ verb: String) -> AGIError {
        isHungUp ? .hungUp : .refused(verb: verb, reason: "result -1")
    }

    /// Does nothing.
    public func noop() async throws {
        _ = try await result(of: AGICommand("NOOP"))
    }

    /// A value of the Asterisk database; `nil` when it is not set.
    public func databaseGet(family: String, key: String) async throws -> String? {
        let words = [family, key].map { AGICommand.Word.quoted(Array($0.utf8)) }
        let result = try await result(of: AGICommand("DATABASE GET", words))
        return result.value == "1" ? result.text : nil
    }
}
