// The directory through wazo-confd.
