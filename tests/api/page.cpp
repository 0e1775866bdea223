// docs/examples/live.html in a browser.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/api/api_fixture.h"
#include "tests/program/web_socket_client.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
using namespace std::chrono_literals;

// A headless Chromium that has a page open, asked by its DevTools protocol.
class Browser {
 public:
  explicit Browser(const std::string& address) {
    const std::string profile = "--user-data-dir=" + profile_.path();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::setpgid(0, 0);
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, 1);
      ::dup2(null, 2);
      ::execlp("chromium", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
               "--remote-debugging-port=0", "--remote-allow-origins=*", profile.c_str(), address.c_str(), nullptr);
      ::_exit(127);
    }
    shell::ServerUrl url;
    for (int i = 0; i < 600 && !page_; ++i) {
      std::this_thread::sleep_for(50ms);
      std::ifstream file(profile_.path() + "/DevToolsActivePort");
      if (!std::getline(file, url.port) || url.port.empty()) continue;
      try {
        for (const Json& target : get(url, "/json").body)
          if (target.value("type", "") == "page")
            page_ = std::make_unique<WebSocketClient>(url, "/devtools/page/" + target.value("id", ""));
      } catch (const std::exception&) {
        // It does not listen yet.
      }
    }
  }
  ~Browser() {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  bool is_open() const { return page_ != nullptr; }
  Json evaluate(const std::string& expression) {
    return call("Runtime.evaluate", {{"expression", expression}, {"returnByValue", true}})["result"]["value"];
  }
  // Until the expression is true.
  bool wait(const std::string& expression) {
    for (int i = 0; i < 300; ++i) {
      if (evaluate(expression) == true) return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }
  // PNG in base64.
  std::string picture() { return call("Page.captureScreenshot", Json::object())["data"]; }

 private:
  Json call(const std::string& method, const Json& parameters) {
    page_->send(Json{{"id", ++id_}, {"method", method}, {"params", parameters}}.dump());
    while (const auto text = page_->receive(20s)) {
      const Json answer = Json::parse(*text);
      if (answer.value("id", 0) == id_) return answer["result"];
    }
    return nullptr;
  }

  TemporaryDirectory profile_;
  pid_t pid_ = -1;
  std::unique_ptr<WebSocketClient> page_;
  int id_ = 0;
};

class Page : public ApiTest {
 protected:
  Page() { settings = {"log.level=off", "cache.max.bytes.buffering=0", "http.origins.allowed=null"}; }

  std::string address(const std::string& sql) {
    return fmt::format("file://{}/docs/examples/live.html?url={}&sql={}", MILLRACE_ROOT,
                       percent_encoded("ws://127.0.0.1:" + url().port), percent_encoded(sql));
  }
};

TEST_F(Page, ShowsATableThatMovesAndAChart) {
  execute_well(
      "CREATE STREAM orders (id INT KEY, item STRING, price DOUBLE)"
      " WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');"
      "CREATE TABLE items AS SELECT item, COUNT(*) AS sold FROM orders GROUP BY item;");
  post_records("orders",
               R"([{"id": 1, "item": "lamp", "price": 40}, {"id": 2, "item": "<b>chair</b>", "price": 120}])");
  Browser browser(address("SELECT item, sold FROM items"));
  ASSERT_TRUE(browser.is_open()) << "there is no chromium";
  const std::string rows =
      "[...document.querySelectorAll('#body tr')].map((r) => [...r.children].map((c) => c.textContent))";
  EXPECT_TRUE(browser.wait("document.querySelectorAll('#body tr').length === 2"))
      << browser.evaluate("document.body.innerText");
  EXPECT_EQ(browser.evaluate(rows), Json::parse(R"([["<b>chair</b>", "1"], ["lamp", "1"]])"));
  EXPECT_EQ(browser.evaluate("document.querySelector('#head').textContent"), "ITEMSOLD");
  EXPECT_THAT(browser.evaluate("document.querySelector('#state').textContent").get<std::string>(),
              HasSubstr("following transient_ITEMS_"));
  for (int i = 0; i < 20; ++i) {
    post_records("orders", fmt::format(R"({{"id": 3, "item": "lamp", "price": {}}})", i));
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_TRUE(browser.wait(rows + ".some((r) => r[0] === 'lamp' && r[1] === '21')")) << browser.evaluate(rows);
  // A line for each row, and where it moved, points.
  EXPECT_EQ(browser.evaluate("document.querySelectorAll('#chart polyline').length"), 2);
  EXPECT_TRUE(
      browser.wait("document.querySelectorAll('#chart polyline')[0].points.length + "
                   "document.querySelectorAll('#chart polyline')[1].points.length > 6"));
  // Its axes: round values, and times of day.
  const Json values = browser.evaluate("[...document.querySelectorAll('#chart text.value')].map((t) => t.textContent)");
  ASSERT_GE(values.size(), 3U);
  EXPECT_EQ(values[0], "0");
  EXPECT_GE(std::stoi(values.back().get<std::string>()), 21);
  const Json times = browser.evaluate("[...document.querySelectorAll('#chart text.time')].map((t) => t.textContent)");
  ASSERT_FALSE(times.empty());
  for (const Json& time : times) EXPECT_THAT(time.get<std::string>(), ::testing::MatchesRegex("..:..:.."));
  // The server goes, and the page says so.
  server().kill();
  server().reap();
  EXPECT_TRUE(browser.wait("document.querySelector('#state').className === 'bad'"));
  EXPECT_GT(browser.picture().size(), 5000U);
  if (const char* file = std::getenv("MILLRACE_PICTURE")) std::ofstream(file) << browser.picture();
}

TEST_F(Page, SaysWhatIsWrong) {
  Browser browser(address("SELECT * FROM nothing"));
  ASSERT_TRUE(browser.is_open()) << "there is no chromium";
  EXPECT_TRUE(browser.wait("document.querySelector('#state').textContent.includes('NOTHING')"));
  EXPECT_EQ(browser.evaluate("document.querySelector('#state').className"), "bad");
}

class ForeignPage : public Page {
 protected:
  ForeignPage() { settings.pop_back(); }
};

// Neither by a WebSocket, nor by a text that a form could send.
TEST_F(ForeignPage, IsNotLetIn) {
  Browser browser(address("SHOW STREAMS"));
  ASSERT_TRUE(browser.is_open()) << "there is no chromium";
  EXPECT_TRUE(browser.wait("document.querySelector('#state').textContent.includes('http.origins.allowed list null')"))
      << browser.evaluate("document.querySelector('#state').textContent");
  const std::string statement =
      "CREATE STREAM planted (n INT) WITH (kafka_topic = 'planted', partitions = 1, value_format = 'JSON');";
  browser.evaluate("fetch('http://127.0.0.1:" + url().port + "/ksql', {method: 'POST', mode: 'no-cors', body: " +
                   Json(Json{{"ksql", statement}}.dump()).dump() + "}).finally(() => { window.sent = true; })");
  EXPECT_TRUE(browser.wait("window.sent === true"));
  EXPECT_THAT(execute_well("SHOW STREAMS;").dump(), ::testing::Not(HasSubstr("PLANTED")));
}

}  // namespace
}  // namespace millrace::testing
