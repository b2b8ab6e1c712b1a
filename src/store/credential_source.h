#pragma once

#include <string>

#include "store/credential_chain.h"
#include "store/s3_options.h"

namespace s3source::crt {

/// The place that gave credentials, as a user knows it; empty where none has.
std::string NameSource(const S3Options& options,
                       const CredentialAnswers::ByPlace& answers);

}  // namespace s3source::crt
