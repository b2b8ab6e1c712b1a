#include "read/mapping_cases.h"

#include <arrow/array.h>
#include <arrow/extension/bool8.h>
#include <arrow/extension/json.h>
#include <arrow/extension/opaque.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "cloudquery/schema/extension_types.h"

namespace s3source::testing {

namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

/// Values of types that stay as they are.
std::vector<MappingCase> KeptCases() {
  const std::vector<std::pair<TypePtr, std::string>> kept = {
      {arrow::boolean(), "[true, null, false, true]"},
      {arrow::int8(), "[-128, null, 127]"},
      {arrow::int16(), "[-32768, null, 32767]"},
      {arrow::int32(), "[-2147483648, null, 2147483647]"},
      {arrow::int64(), "[-9223372036854775808, null, 9223372036854775807]"},
      {arrow::uint8(), "[0, null, 255]"},
      {arrow::uint16(), "[0, null, 65535]"},
      {arrow::uint32(), "[0, null, 4294967295]"},
      {arrow::uint64(), "[0, null, 18446744073709551615]"},
      {arrow::float32(), "[-1.5, null, 3.25]"},
      {arrow::float64(), "[-1.5, null, 1e300]"},
      {arrow::utf8(), R"(["", null, "größe", "日本"])"},
      {arrow::binary(), "[\"\", null, \"ab\"]"},
      {arrow::date32(), "[-1, null, 19737]"},
      {arrow::time32(arrow::TimeUnit::MILLI), "[0, null, 86399999]"},
      {arrow::time64(arrow::TimeUnit::MICRO), "[0, null, 86399999999]"},
      {arrow::time64(arrow::TimeUnit::NANO), "[0, null, 86399999999999]"},
      {arrow::timestamp(arrow::TimeUnit::MILLI), "[-1, null, 1700000000000]"},
      {arrow::timestamp(arrow::TimeUnit::MICRO), "[-1, null, 1700000000000000]"},
      {arrow::timestamp(arrow::TimeUnit::NANO), "[-1, null, 1700000000000000000]"},
      {arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), "[-1, null, 1700000000000]"},
      {arrow::timestamp(arrow::TimeUnit::MICRO, "Europe/Berlin"), "[-1, null, 1]"},
      {arrow::decimal128(5, 2), R"(["-999.99", null, "1.50"])"},
      {arrow::decimal128(38, 0), R"(["-99999999999999999999999999999999999999", null])"},
      {arrow::decimal256(50, 3),
       R"(["1234567890123456789012345678901234567890.125", null])"},
      {arrow::duration(arrow::TimeUnit::NANO), "[-1, null, 1]"},
      {arrow::list(arrow::field("element", arrow::int32())),
       "[[1, null], null, [], [3]]"},
      {arrow::list(arrow::field("item", arrow::int32(), false)), "[[1, 2], null, []]"},
      {arrow::list(arrow::list(arrow::utf8())), R"([[["a"], null], null, [[]], []])"},
      {arrow::struct_(
           {arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())}),
       R"([{"a": 1, "b": "x"}, null, {"a": null, "b": null}])"},
      {arrow::map(arrow::utf8(), arrow::int32()),
       R"([[["k", 1], ["l", null]], null, []])"},
  };
  std::vector<MappingCase> cases;
  for (const auto& [type, json] : kept) {
    const ArrayPtr array = Make(type, json);
    cases.push_back({type->ToString() + " is kept", array, array});
  }
  // Parquet has no such units: the library writes others.
  for (const auto& [type, json] : std::vector<std::pair<TypePtr, std::string>>{
           {arrow::date64(), "[0, null, 86400000]"},
           {arrow::time32(arrow::TimeUnit::SECOND), "[0, null, 86399]"},
           {arrow::timestamp(arrow::TimeUnit::SECOND), "[-1, null, 1700000000]"},
           {arrow::month_interval(), "[1, null]"},
           {cq::Json(), R"(["{}", null])"},
           {cq::Inet(), R"(["10.0.0.0/8", null])"}}) {
    const ArrayPtr array = Make(type, json);
    cases.push_back({type->ToString() + " is kept", array, array, false});
  }
  return cases;
}

std::vector<MappingCase> FlatCases() {
  const std::string texts =
      R"(["", null, "größe", "a text longer than twelve bytes", "x"])";
  const std::string bytes = R"(["ab", null, "cd", "ef", null, "gh"])";
  const std::string uuids = R"(["0123456789abcdef", null, "ABCDEFGHIJKLMNOP"])";
  const ArrayPtr text = Make(arrow::utf8(), texts);
  const ArrayPtr binary = Make(arrow::binary(), texts);
  return {
      {"large_utf8", Make(arrow::large_utf8(), texts), text},
      {"utf8_view", Make(arrow::utf8_view(), texts), text},
      {"large_binary", Make(arrow::large_binary(), texts), binary},
      {"binary_view", Make(arrow::binary_view(), texts), binary},
      {"fixed_size_binary", Make(arrow::fixed_size_binary(2), bytes),
       Make(arrow::binary(), bytes)},
      {"fixed_size_binary without nulls",
       Make(arrow::fixed_size_binary(2), R"(["ab", "cd"])"),
       Make(arrow::binary(), R"(["ab", "cd"])")},
      {"fixed_size_binary of no bytes",
       Make(arrow::fixed_size_binary(0), R"(["", null, ""])"),
       Make(arrow::binary(), R"(["", null, ""])"), false},
      {"float16", Make(arrow::float16(), "[0.5, null, -2, 65504]"),
       Make(arrow::float32(), "[0.5, null, -2, 65504]")},
      {"decimal32", Make(arrow::decimal32(9, 2), R"(["-1234567.89", null, "0.01"])"),
       Make(arrow::decimal128(9, 2), R"(["-1234567.89", null, "0.01"])")},
      {"decimal64", Make(arrow::decimal64(18, 4), R"(["-12345678901234.5678", null])"),
       Make(arrow::decimal128(18, 4), R"(["-12345678901234.5678", null])")},
      {"null", Make(arrow::null(), "[null, null, null]"),
       Make(arrow::utf8(), "[null, null, null]")},
      {"arrow.uuid", Make(arrow::extension::uuid(), uuids), Make(cq::Uuid(), uuids)},
      {"arrow.json", Make(arrow::extension::json(), R"(["{\"a\": 1}", null, "[]"])"),
       Make(arrow::utf8(), R"(["{\"a\": 1}", null, "[]"])")},
      {"arrow.json of views",
       Make(arrow::extension::json(arrow::utf8_view()), R"(["{}", null])"),
       Make(arrow::utf8(), R"(["{}", null])"), false},
      {"arrow.bool8", Make(arrow::extension::bool8(), "[0, null, 1, -5]"),
       Make(arrow::boolean(), "[false, null, true, true]")},
      {"another extension type",
       Make(arrow::extension::opaque(arrow::large_utf8(), "t", "v"), texts), text},
  };
}

std::vector<MappingCase> EncodedCases() {
  const auto dictionary = [](const TypePtr& values_type, const std::string& indices,
                             const std::string& values) -> ArrayPtr {
    return arrow::DictionaryArray::FromArrays(Make(arrow::int32(), indices),
                                              Make(values_type, values))
        .ValueOrDie();
  };
  const auto runs = [](const TypePtr& ends_type, const std::string& ends, int64_t length,
                       const ArrayPtr& values) -> ArrayPtr {
    return arrow::RunEndEncodedArray::Make(length, Make(ends_type, ends), values)
        .ValueOrDie();
  };
  const ArrayPtr words = Make(arrow::utf8(), R"(["b", null, "a", "b", "b"])");
  const ArrayPtr run_values = Make(arrow::utf8(), R"(["x", null, "y"])");
  const ArrayPtr decoded_runs = Make(arrow::utf8(), R"(["x", "x", null, "y", "y", "y"])");
  return {
      {"dictionary of utf8",
       dictionary(arrow::utf8(), "[1, null, 0, 1, 1]", R"(["a", "b"])"), words},
      {"dictionary of large_utf8",
       dictionary(arrow::large_utf8(), "[1, null, 0, 1, 1]", R"(["a", "b"])"), words},
      {"dictionary with a null in it",
       dictionary(arrow::utf8(), "[1, 2, 0, 1, 1]", R"(["a", "b", null])"), words, false},
      {"dictionary of int64", dictionary(arrow::int64(), "[2, null, 0]", "[7, 8, 9]"),
       Make(arrow::int64(), "[9, null, 7]")},
      {"run-ends of int16", runs(arrow::int16(), "[2, 3, 6]", 6, run_values),
       decoded_runs, false},
      {"run-ends of int32", runs(arrow::int32(), "[2, 3, 6]", 6, run_values),
       decoded_runs, false},
      {"run-ends of int64", runs(arrow::int64(), "[2, 3, 6]", 6, run_values),
       decoded_runs, false},
  };
}

std::vector<MappingCase> NestedCases() {
  const auto item = [](const TypePtr& type) { return arrow::field("element", type); };
  const std::string lists = R"([["a", null], null, ["b", "c"], ["d", "e"]])";
  const ArrayPtr list = Make(arrow::list(item(arrow::utf8())), lists);
  const TypePtr people = arrow::struct_(
      {arrow::field("id", arrow::fixed_size_binary(2), false),
       arrow::field("tags", arrow::large_list(item(arrow::large_utf8())))});
  const TypePtr mapped_people =
      arrow::struct_({arrow::field("id", arrow::binary(), false),
                      arrow::field("tags", arrow::list(item(arrow::utf8())))});
  const std::string persons =
      R"([{"id": "ab", "tags": ["x", null]}, {"id": "cd", "tags": null}, {"id": "ef", "tags": []}])";
  return {
      {"list of large_utf8", Make(arrow::list(item(arrow::large_utf8())), lists), list},
      {"list that begins empty",
       Make(arrow::list(item(arrow::large_utf8())), R"([[], null, ["a"], ["b", null]])"),
       Make(arrow::list(item(arrow::utf8())), R"([[], null, ["a"], ["b", null]])")},
      {"large_list", Make(arrow::large_list(item(arrow::utf8())), lists), list},
      {"fixed_size_list", Make(arrow::fixed_size_list(item(arrow::utf8()), 2), lists),
       list},
      {"fixed_size_list of int32",
       Make(arrow::fixed_size_list(item(arrow::int32()), 1), "[[1], [2], [3]]"),
       Make(arrow::list(item(arrow::int32())), "[[1], [2], [3]]")},
      {"list_view", Make(arrow::list_view(item(arrow::utf8())), lists), list, false},
      {"large_list_view", Make(arrow::large_list_view(item(arrow::utf8())), lists), list,
       false},
      {"struct", Make(people, persons), Make(mapped_people, persons)},
      {"list of structs", Make(arrow::list(item(people)), "[" + persons + ", null, []]"),
       Make(arrow::list(item(mapped_people)), "[" + persons + ", null, []]")},
      {"nullable struct of views",
       Make(arrow::struct_({arrow::field("v", arrow::utf8_view())}),
            R"([{"v": "x"}, null, {"v": null}])"),
       Make(arrow::struct_({arrow::field("v", arrow::utf8())}),
            R"([{"v": "x"}, null, {"v": null}])"),
       false},
      {"map",
       Make(arrow::map(arrow::large_utf8(), arrow::fixed_size_binary(1)),
            R"([[["k", "1"], ["l", null]], null, [], [["m", "2"]]])"),
       Make(arrow::map(arrow::utf8(), arrow::binary()),
            R"([[["k", "1"], ["l", null]], null, [], [["m", "2"]]])")},
  };
}

}  // namespace

ArrayPtr Make(const TypePtr& type, const std::string& json) {
  const bool wrap = type->id() == arrow::Type::EXTENSION;
  const TypePtr storage =
      wrap ? static_cast<const arrow::ExtensionType&>(*type).storage_type() : type;
  const auto array = arrow::json::ArrayFromJSONString(storage, json);
  if (!array.ok()) {
    ADD_FAILURE() << type->ToString() << ": " << array.status().ToString();
    return arrow::MakeArrayOfNull(type, 0).ValueOrDie();
  }
  return wrap ? arrow::ExtensionType::WrapArray(type, *array) : *array;
}

std::vector<MappingCase> MappingCases() {
  std::vector<MappingCase> all;
  for (const auto& cases : {KeptCases(), FlatCases(), EncodedCases(), NestedCases()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

}  // namespace s3source::testing
