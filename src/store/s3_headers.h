#pragma once

struct aws_http_header;

namespace s3source::crt {

struct AnswerHead;

/// Adds what a header of an answer tells to `head`, if it is one that matters.
void NoteHeader(const aws_http_header& header, AnswerHead* head);

}  // namespace s3source::crt
