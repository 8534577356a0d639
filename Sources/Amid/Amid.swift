// The manager through wazo-amid.
