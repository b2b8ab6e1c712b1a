#pragma once

#include <string>

#include "store/credential_chain.h"
#include "store/s3_options.h"

namespace s3source::crt {

/// Why there are no credentials, for a user: `text` names every place that has settings,
/// what is wrong with it and what to do; where none has, all places. `error` is the AWS
/// library's for the first of them, kNone where it said nothing.
struct CredentialFindings {
  std::string text;
  int error = CredentialAnswers::kNone;
};

/// Looks at the variables and files again, as the library does not tell what it missed
/// there. Reads files, and asks no service. No secret is in the text.
CredentialFindings FindCredentialFaults(const S3Options& options,
                                        const CredentialAnswers::ByPlace& answers);

}  // namespace s3source::crt
