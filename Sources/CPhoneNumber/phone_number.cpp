#include "CPhoneNumber.h"

#include <cstring>
#include <string>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

void copy(const std::string &text, char (&target)[CPHONENUMBER_LENGTH]) {
    if (text.size() < CPHONENUMBER_LENGTH) {
        std::memcpy(target, text.c_str(), text.size() + 1);
    } else {
        target[0] = '\0';
    }
}

}  // namespace

extern "C" cphonenumber_result cphonenumber_read(
    const char *number, const char *country, cphonenumber_forms *forms) {
    const PhoneNumberUtil &plans = *PhoneNumberUtil::GetInstance();
    // The library's name of "no country".
    const std::string region = country != nullptr && country[0] != '\0' ? country : "ZZ";
    PhoneNumber parsed;
    switch (plans.Parse(number, region, &parsed)) {
        case PhoneNumberUtil::NO_PARSING_ERROR:
            break;
        case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
            return CPHONENUMBER_LACKS_COUNTRY;
        default:
            return CPHONENUMBER_NOT_A_NUMBER;
    }
    std::string text;
    forms->possible = plans.IsPossibleNumber(parsed);
    plans.Format(parsed, PhoneNumberUtil::E164, &text);
    copy(text, forms->e164);
    plans.Format(parsed, PhoneNumberUtil::INTERNATIONAL, &text);
    copy(text, forms->international);
    plans.Format(parsed, PhoneNumberUtil::NATIONAL, &text);
    copy(text, forms->national);
    std::string diallable = text;
    plans.NormalizeDiallableCharsOnly(&diallable);
    copy(diallable, forms->national_diallable);
    plans.FormatOutOfCountryCallingNumber(parsed, region, &text);
    copy(text, forms->from_country);
    return CPHONENUMBER_READ;
}
