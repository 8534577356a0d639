// A C face of libphonenumber, as narrow as Tandem needs it: one call reads a number and writes all its forms.
#ifndef CPHONENUMBER_H
#define CPHONENUMBER_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Longer forms are left empty: no number of a numbering plan is.
#define CPHONENUMBER_LENGTH 64

typedef enum {
    CPHONENUMBER_READ = 0,
    // Not international, and no country to read it in.
    CPHONENUMBER_LACKS_COUNTRY = 1,
    CPHONENUMBER_NOT_A_NUMBER = 2,
} cphonenumber_result;

// Texts end with a NUL.
typedef struct {
    // Whether a number of that length may exist in its country.
    bool possible;
    char e164[CPHONENUMBER_LENGTH];
    char international[CPHONENUMBER_LENGTH];
    char national[CPHONENUMBER_LENGTH];
    // As it is dialled from the country that it was read in.
    char from_country[CPHONENUMBER_LENGTH];
    // The national form's characters that can be dialled.
    char national_diallable[CPHONENUMBER_LENGTH];
} cphonenumber_forms;

// Reads `number`, as people write it, in the country `country` (ISO 3166, two letters; NULL or empty: none).
// Safe to call from any thread; the first call loads the plans, some milliseconds.
cphonenumber_result cphonenumber_read(const char *number, const char *country, cphonenumber_forms *forms);

#ifdef __cplusplus
}
#endif

#endif
