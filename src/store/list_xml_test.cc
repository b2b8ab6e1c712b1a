#include "store/list_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::cq::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Contents(const std::string& key = "k", const std::string& size = "1",
                     const std::string& time = "2024-01-02T03:04:05.000Z",
                     const std::string& etag = "&quot;e&quot;") {
  return "<Contents><Key>" + key + "</Key><LastModified>" + time +
         "</LastModified><ETag>" + etag + "</ETag><Size>" + size + "</Size></Contents>";
}

std::string Result(const std::string& inside,
                   const std::string& end = "<IsTruncated>false</IsTruncated>") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
         inside + end + "</ListBucketResult>";
}

TEST(ParseListPage, ReadsAPageAsAwsSendsIt) {
  ASSERT_OK_AND_ASSIGN(const auto page,
                       ParseListPage(R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>bucket</Name>
  <Prefix/>
  <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
  <KeyCount>2</KeyCount>
  <MaxKeys>2</MaxKeys>
  <EncodingType>url</EncodingType>
  <IsTruncated>true</IsTruncated>
  <Contents>
    <Key>happy+face%2B.jpg</Key>
    <LastModified>2014-11-21T19:40:05.000Z</LastModified>
    <ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag>
    <Size>11</Size>
    <StorageClass>STANDARD</StorageClass>
  </Contents>
  <Contents>
    <Key>x/%E6%97%A5</Key>
    <LastModified>2014-11-21T19:40:05.123456789Z</LastModified>
    <ETag>"70ee1738b6b21e2c8a43f3a5ab0eee71-2"</ETag>
    <Size>5368709120</Size>
    <StorageClass>GLACIER</StorageClass>
    <Owner><ID>1</ID></Owner>
  </Contents>
</ListBucketResult>)"));
  EXPECT_EQ(page.next_token, "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=");
  ASSERT_THAT(page.objects, SizeIs(2));
  const auto& first = page.objects[0];
  EXPECT_EQ(first.key, "happy face+.jpg");
  EXPECT_EQ(first.etag, "\"70ee1738b6b21e2c8a43f3a5ab0eee71\"");
  EXPECT_EQ(first.size_bytes, 11);
  EXPECT_EQ(first.storage_class, "STANDARD");
  // 2014-11-21T19:40:05Z, by `date -u -d ... +%s`.
  EXPECT_EQ(first.last_modified, Timestamp(std::chrono::seconds(1416598805)));
  const auto& second = page.objects[1];
  EXPECT_EQ(second.key, "x/日");
  EXPECT_EQ(second.size_bytes, 5368709120);
  EXPECT_EQ(second.storage_class, "GLACIER");
  EXPECT_EQ(second.last_modified - first.last_modified,
            std::chrono::nanoseconds(123456789));
}

TEST(ParseListPage, AnEmptyListingIsAPageWithoutObjects) {
  ASSERT_OK_AND_ASSIGN(const auto page, ParseListPage(Result("")));
  EXPECT_THAT(page.objects, SizeIs(0));
  EXPECT_EQ(page.next_token, "");
}

TEST(ParseListPage, DecodesKeysOnlyWhereTheServerSaysItEncodedThem) {
  const struct {
    const char* name;
    std::string encoding;
    std::string key;
    std::string expected;
  } cases[] = {
      {"plain", "", "a%20b+c", "a%20b+c"},
      {"empty encoding", "<EncodingType/>", "a%20b+c", "a%20b+c"},
      {"url", "<EncodingType>url</EncodingType>", "a%20b+c%2b%2B%00%ff",
       std::string("a b c++\0\xff", 9)},
      {"entities", "", "a&amp;b&lt;c&gt;&quot;&#65;", "a&b<c>\"A"},
      {"spaces alone", "", "  ", "  "},
      {"spaces around", "", " a ", " a "},
      {"section", "", "<![CDATA[a<b]]>c", "a<bc"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(const auto page,
                         ParseListPage(Result(c.encoding + Contents(c.key))));
    ASSERT_THAT(page.objects, SizeIs(1));
    EXPECT_EQ(page.objects[0].key, c.expected);
  }
}

TEST(ParseListPage, TakesETagsWithAndWithoutQuotes) {
  for (const auto* etag : {"abc", "\"abc\"", "&quot;abc&quot;", "&#34;abc&#34;"}) {
    SCOPED_TRACE(etag);
    ASSERT_OK_AND_ASSIGN(
        const auto page,
        ParseListPage(Result(Contents("k", "1", "2024-01-02T03:04:05Z", etag))));
    EXPECT_EQ(page.objects[0].etag, "\"abc\"");
  }
}

TEST(ParseListPage, TakesEverySizeThereCanBe) {
  const auto most = std::numeric_limits<int64_t>::max();
  ASSERT_OK_AND_ASSIGN(
      const auto page,
      ParseListPage(Result(Contents("a", "0") + Contents("b", std::to_string(most)))));
  EXPECT_EQ(page.objects[0].size_bytes, 0);
  EXPECT_EQ(page.objects[1].size_bytes, most);
}

TEST(ParseListPage, RefusesWhatCannotBeTrusted) {
  const std::string time = "2024-01-02T03:04:05Z";
  const struct {
    const char* name;
    std::string xml;
    const char* says;
  } cases[] = {
      {"nothing", "", "not whole XML"},
      {"text", "hello", "not whole XML"},
      {"zero byte", std::string("<a>\0</a>", 8), "zero byte"},
      {"error body", "<Error><Code>InternalError</Code></Error>", "<Error>"},
      {"another root", "<html/>", "<html>"},
      {"cut off", Result(Contents()).substr(0, 200), "not whole XML"},
      {"end missing", Result(Contents()).substr(0, Result(Contents()).size() - 19),
       "not whole XML"},
      {"document type", "<!DOCTYPE x [<!ENTITY a \"b\">]>" + Result("").substr(39),
       "document type"},
      {"no IsTruncated", Result(Contents(), ""), "no <IsTruncated>"},
      {"odd IsTruncated", Result("", "<IsTruncated>maybe</IsTruncated>"), "maybe"},
      {"truncated without a token", Result("", "<IsTruncated>true</IsTruncated>"),
       "no <NextContinuationToken>"},
      {"truncated with an empty token",
       Result("<NextContinuationToken/>", "<IsTruncated>true</IsTruncated>"),
       "empty <NextContinuationToken>"},
      {"odd encoding", Result("<EncodingType>base64</EncodingType>"), "base64"},
      {"no key", Result("<Contents><Size>1</Size></Contents>"), "no <Key>"},
      {"empty key", Result(Contents("")), "empty <Key>"},
      {"two keys", Result(Contents("a</Key><Key>b")), "<Key> twice"},
      {"element in a key", Result(Contents("a<b/>")), "<Key> is not text"},
      {"bad escape", Result("<EncodingType>url</EncodingType>" + Contents("a%2")),
       "escape"},
      {"bad escape digits", Result("<EncodingType>url</EncodingType>" + Contents("a%zz")),
       "escape"},
      {"negative size", Result(Contents("k", "-1")), "<Size>"},
      {"size beyond 63 bits", Result(Contents("k", "9223372036854775808")), "<Size>"},
      {"size with a tail", Result(Contents("k", "1 ")), "<Size>"},
      {"empty size", Result(Contents("k", "")), "<Size>"},
      {"no date", Result(Contents("k", "1", "")), "<LastModified>"},
      {"day of no month", Result(Contents("k", "1", "2023-02-29T00:00:00Z")),
       "<LastModified>"},
      {"hour 24", Result(Contents("k", "1", "2024-01-02T24:00:00Z")), "<LastModified>"},
      {"no zone", Result(Contents("k", "1", "2024-01-02T03:04:05")), "<LastModified>"},
      {"no fraction", Result(Contents("k", "1", "2024-01-02T03:04:05.Z")),
       "<LastModified>"},
      {"HTTP date", Result(Contents("k", "1", "Tue, 02 Jan 2024 03:04:05 GMT")),
       "<LastModified>"},
      {"empty ETag", Result(Contents("k", "1", time, "")), "empty <ETag>"},
      {"the second of two", Result(Contents() + Contents("k2", "x")), "<Size>"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(ParseListPage(c.xml),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr(c.says)));
  }
}

TEST(ParseListPage, ReadsTheFoldersOfAListingWithADelimiter) {
  ASSERT_OK_AND_ASSIGN(
      const auto page,
      ParseListPage(Result("<EncodingType>url</EncodingType>" + Contents("a") +
                           "<CommonPrefixes><Prefix>b+1/</Prefix></CommonPrefixes>"
                           "<CommonPrefixes><Prefix>c%2F/</Prefix></CommonPrefixes>")));
  EXPECT_THAT(page.objects, SizeIs(1));
  EXPECT_THAT(page.folders, ElementsAre("b 1/", "c//"));
  EXPECT_FALSE(ParseListPage(Result("<CommonPrefixes/>")).ok());
}

TEST(ParseListPage, DoesNotExpandEntities) {
  EXPECT_THAT(
      ParseListPage(R"(<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>)"),
      StatusIs(arrow::StatusCode::Invalid, HasSubstr("document type")));
  ASSERT_OK_AND_ASSIGN(const auto page, ParseListPage(Result(Contents("&a;"))));
  EXPECT_EQ(page.objects[0].key, "&a;");
}

TEST(ParseListPage, RefusesWhatWouldTakeTooMuchMemory) {
  const auto repeat = [](const std::string& text) {
    std::string many;
    for (int i = 0; i < 200'001; ++i) many += text;
    return many;
  };
  for (const std::string& xml :
       {repeat("<a>"), Result(repeat("<a/>")), "<a" + repeat(" a=''") + "/>",
        "<a" + repeat(" a=\"\"") + "/>"}) {
    SCOPED_TRACE(xml.substr(0, 20));
    EXPECT_THAT(ParseListPage(xml),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("more than 200000")));
  }
}

TEST(ParseListPage, EveryCutOfAPageIsRefused) {
  const std::string whole = Result(Contents("a") + Contents("b"));
  ASSERT_OK(ParseListPage(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseListPage(whole.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace s3source
