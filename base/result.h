#pragma once
// Operating errors as values. Result<T> is what every fallible call returns; broken invariants are BS_CHECK
// (base/check.h) instead. Thread: values, no shared state. Deterministic.

#include <boost/system/result.hpp>

#include <string>
#include <utility>
#include <vector>

namespace blackstart {

/// What kind of failure an Error is. Closed: callers switch over it.
enum class ErrorCode {
  kInvalid,      // input that breaks a rule: a scenario, an argument, a journal
  kNotFound,     // a file, a service, a process that is not there
  kUnavailable,  // refused, unreachable, busy
  kTimeout,      // the deadline passed first
  kCancelled,    // the caller's stop token fired first
  kUnsupported,  // this world or this machine cannot do it
  kPermission,   // the operating system said no
  kIo,           // reading or writing failed
  kProtocol,     // the other side answered something that is no valid answer
  kFailed,       // it was carried out and did not succeed (a command's exit status, a check's "no")
  kInternal,     // a defect of Blackstart
};

/// An operating error. `message` says what was attempted, on what, what happened and what the user can do;
/// `context` names where (a file:line:column, a step, a service), may be empty.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string context;

  /// "context: message", or the message alone.
  [[nodiscard]] std::string to_string() const;
};

/// The code's name in lower case ("timeout"), as journals print it.
const char* to_string(ErrorCode code);

/// Called by Boost when value() is asked of a failed Result: a defect, so it ends the process with the error's text.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;
using Status = Result<void>;

/// Builds an Error to return: `return fail(ErrorCode::kIo, fmt::format(...))`.
inline Error fail(ErrorCode code, std::string message, std::string context = {}) {
  return Error{code, std::move(message), std::move(context)};
}
/// The same for the calling thread's errno: appends ": <strerror>" and picks the code from `error_number`.
Error fail_errno(int error_number, std::string attempted, std::string context = {});

inline Status ok() { return {}; }

}  // namespace blackstart

/// Returns the error of `expression` (a Result) from the calling function, else goes on.
#define BS_TRY(expression)                                                      \
  do {                                                                          \
    if (auto bs_status_ = (expression); !bs_status_) return bs_status_.error(); \
  } while (false)

#define BS_CONCAT_INNER(a, b) a##b
#define BS_CONCAT(a, b) BS_CONCAT_INNER(a, b)
/// `BS_ASSIGN(auto value, call())`: declares value from a Result, or returns its error. Not inside coroutines.
#define BS_ASSIGN(declaration, expression)                                              \
  auto BS_CONCAT(bs_result_, __LINE__) = (expression);                                  \
  if (!BS_CONCAT(bs_result_, __LINE__)) return BS_CONCAT(bs_result_, __LINE__).error(); \
  declaration = std::move(*BS_CONCAT(bs_result_, __LINE__))
