import CLibPQ
import Glibc

/// One connection of libpq. Every wait has a limit, so a server that is frozen cannot hold the thread.
///
/// `@unchecked Sendable`: libpq allows any thread, one at a time. A connection belongs to one ``PoolSlot``,
/// and ``PoolState`` gives a slot to one job at a time.
final class PostgresConnection: @unchecked Sendable {
    /// How a connection came to its end.
    enum Breakage {
        /// The server closed it, or the network did.
        case closed
        /// No answer within the limit.
        case silent
    }

    let handle: OpaquePointer
    private let configuration: PostgresConfiguration
    private var prepared: [String: String] = [:]
    /// How long an answer is awaited.
    var answerLimit: Duration
    private(set) var breakage: Breakage?

    /// Statements that one connection keeps prepared; further ones are sent whole each time.
    private static let preparedLimit = 512

    private init(handle: OpaquePointer, configuration: PostgresConfiguration) {
        self.handle = handle
        self.configuration = configuration
        answerLimit = configuration.statementLimit + configuration.answerGrace
    }

    deinit { PQfinish(handle) }

    /// Connects and sets the session's limits.
    /// - Throws: ``PostgresFailure/unreachable(_:)``, also for a wrong password or an unknown database.
    static func open(_ configuration: PostgresConfiguration) throws(PostgresFailure) -> PostgresConnection {
        // The URI may override what stands before `dbname`, and not what stands behind it.
        let words: [(String, String)] = [
            ("keepalives", "1"), ("keepalives_idle", "10"), ("keepalives_interval", "5"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "5000"),
            ("dbname", configuration.uri),
            ("application_name", configuration.applicationName), ("client_encoding", "UTF8"),
        ]
        let handle = withCStrings(words.map(\.0)) { keywords in
            withCStrings(words.map(\.1)) { values in PQconnectStartParams(keywords, values, 1) }
        }
        guard let handle else { throw .unreachable("out of memory") }
        // libpq would print notices to standard error.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        let connection = PostgresConnection(handle: handle, configuration: configuration)
        try connection.finishConnecting()
        do {
            try connection.run(script: connection.sessionSettings)
        } catch .refused(_, let message) {
            throw .unreachable(message)
        }
        return connection
    }

    private var sessionSettings: String {
        let milliseconds = max(1, configuration.statementLimit / .milliseconds(1))
        return "SET statement_timeout = \(Int(milliseconds)); SET timezone = 'UTC'; SET datestyle = 'ISO'; "
            + "SET client_min_messages = warning; "
            + "SET default_transaction_read_only = \(configuration.isReadOnly ? "on" : "off")"
    }

    private func finishConnecting() throws(PostgresFailure) {
        let deadline = ContinuousClock.now + configuration.connectLimit
        var status = PGRES_POLLING_WRITING
        while status != PGRES_POLLING_OK {
            if status == PGRES_POLLING_FAILED || PQstatus(handle) == CONNECTION_BAD { throw lost(.closed) }
            let interest = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard wait(for: interest, until: deadline) else {
                breakage = .silent
                throw .unreachable("no connection to \(configuration.address) within \(configuration.connectLimit)")
            }
            status = PQconnectPoll(handle)
        }
    }

    /// Ends its use with the present job.
    func retire() { if breakage == nil { breakage = .closed } }

    /// Whether it can be handed a statement: not broken, and nothing came while it was idle. What comes
    /// unasked for is nearly always the server's good-bye.
    var isUsable: Bool {
        if breakage != nil || PQstatus(handle) != CONNECTION_OK { return false }
        return !wait(for: POLLIN, until: .now)
    }

    /// Whether a transaction is open, or an answer still under way.
    var isBusy: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// Whether a statement of the open transaction failed, so that it can only be rolled back.
    var hasFailedTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INERROR }

    // MARK: Statements

    /// Runs one prepared statement; the first use of a text prepares it.
    func query(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?]
    ) throws(PostgresFailure) -> PostgresRows {
        let texts = parameters.map { $0?.postgresText }
        if texts.contains(where: { $0?.utf8.contains(0) ?? false }) {
            throw .refused(sqlState: "22021", message: "a parameter holds a NUL character")
        }
        configuration.onStatement?(statement)
        let wasIdle = !isBusy
        do {
            return try send(statement, texts)
        } catch .refused(let state, _) where wasIdle && (state == "26000" || state == "0A000") {
            // The prepared statement is gone, or a column's type has changed since: nothing was done yet.
            if let name = prepared.removeValue(forKey: statement.text) { columnsOfPrepared[name] = nil }
            return try send(statement, texts)
        }
    }

    private func send(_ statement: PostgresStatement, _ texts: [String?]) throws(PostgresFailure) -> PostgresRows {
        let count = Int32(texts.count)
        if let name = try preparedName(of: statement) {
            return try receive(
                withCStrings(texts) { PQsendQueryPrepared(handle, name, count, $0, nil, nil, 0) },
                prepared: name
            )
        }
        return try receive(
            withCStrings(texts) { PQsendQueryParams(handle, statement.text, count, nil, $0, nil, nil, 0) }
        )
    }

    private func preparedName(of statement: PostgresStatement) throws(PostgresFailure) -> String? {
        if let name = prepared[statement.text] { return name }
        guard prepared.count < Self.preparedLimit else { return nil }
        nextName += 1
        let name = "s\(nextName)"
        _ = try receive(PQsendPrepare(handle, name, statement.text, 0, nil))
        prepared[statement.text] = name
        return name
    }
    private var nextName = 0
    private var columnsOfPrepared: [String: PostgresColumns] = [:]

    /// Runs SQL text of any number of statements, without parameters.
    @discardableResult
    func run(script: String) throws(PostgresFailure) -> PostgresRows {
        try receive(PQsendQuery(handle, script))
    }

    // MARK: Answers

    /// - Parameter name: The prepared statement that is answered; `nil`: another one.
    private func receive(_ sent: Int32, prepared name: String? = nil) throws(PostgresFailure) -> PostgresRows {
        guard sent == 1 else { throw lost(.closed) }
        let deadline = ContinuousClock.now + answerLimit
        var rows = PostgresRows(columns: .none, values: [], affected: 0)
        var failure: PostgresFailure?
        while let result = try nextResult(until: deadline) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: rows = self.rows(of: result, prepared: name)
            case PGRES_EMPTY_QUERY: break
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                breakage = .closed
                throw .refused(sqlState: "0A000", message: "COPY is not supported")
            default: failure = failure ?? refusal(of: result)
            }
        }
        if PQstatus(handle) == CONNECTION_BAD, breakage == nil { breakage = .closed }
        if let failure { throw failure }
        return rows
    }

    private func nextResult(until deadline: ContinuousClock.Instant) throws(PostgresFailure) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            guard wait(for: POLLIN, until: deadline) else {
                breakage = .silent
                throw .unreachable("no answer of \(configuration.address) within \(answerLimit)")
            }
            if PQconsumeInput(handle) == 0 { throw lost(.closed) }
        }
        return PQgetResult(handle)
    }

    private func rows(of result: OpaquePointer, prepared name: String?) -> PostgresRows {
        let width = PQnfields(result)
        let values = (0..<PQntuples(result)).map { row in
            (0..<width).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
        return PostgresRows(
            columns: columns(of: result, width, prepared: name),
            values: values,
            affected: Int(String(cString: PQcmdTuples(result))) ?? 0
        )
    }

    /// A prepared statement whose columns change is refused by the server (0A000) and prepared again under another
    /// name, so the columns of a name are always the same.
    private func columns(of result: OpaquePointer, _ width: Int32, prepared name: String?) -> PostgresColumns {
        if let name, let known = columnsOfPrepared[name] { return known }
        let columns = PostgresColumns((0..<width).map { String(cString: PQfname(result, $0)) })
        if let name { columnsOfPrepared[name] = columns }
        return columns
    }

    private func refusal(of result: OpaquePointer) -> PostgresFailure {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(UInt8(ascii: code))).map { String(cString: $0) }
        }
        guard let state = field("C") else { return lost(.closed) }
        // The detail is left out: it quotes values of the row.
        var message = field("M") ?? "no message"
        if let constraint = field("n") { message += " (\(constraint))" }
        // Connection exceptions, and the server's shutdown or an administrator's hang-up.
        if state.utf8.starts(with: "08".utf8) || ["57P01", "57P02", "57P03"].contains(state) {
            breakage = .closed
            return .unreachable("\(configuration.address): \(configuration.redacted(message))")
        }
        return .refused(sqlState: state, message: configuration.redacted(message))
    }

    func lost(_ breakage: Breakage) -> PostgresFailure {
        self.breakage = breakage
        let text = configuration.redacted(String(cString: PQerrorMessage(handle)))
        return .unreachable(text.isEmpty ? "connection to \(configuration.address) lost" : text)
    }

    /// Waits for the socket.
    /// - Returns: `false` when the limit passed first.
    func wait(for interest: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let remaining = max(.zero, deadline - .now)
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(interest), revents: 0)
            let milliseconds = Int32(clamping: Int((remaining / .milliseconds(1)).rounded(.up)))
            let ready = poll(&descriptor, 1, milliseconds)
            if ready > 0 { return true }
            if ready == 0 && milliseconds == 0 { return false }
            // A signal interrupts the wait; any other fault shows when libpq reads the socket.
            if ready < 0 && errno != EINTR { return true }
        }
    }
}

/// Calls `body` with an array of C strings, ended by a null pointer.
private func withCStrings<Result>(
    _ texts: [String?],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    let copies = texts.map { text in text.flatMap { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
}
