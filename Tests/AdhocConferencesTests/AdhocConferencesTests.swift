import Testing

@testable import AdhocConferences
