/// Ad hoc conferences (contract 23).
public enum AdhocConferences {}
