#include "leaderboard/site/single_page.h"

#include <algorithm>
#include <map>
#include <span>
#include <stdexcept>
#include <string_view>

#include "leaderboard/site/board_view.h"

namespace joulebench {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    unsigned value = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      value = value << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= count ? kDigits[value >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

// "../style.css" as it is called from entries/x.html -> "style.css".
std::string from_root(std::string_view link, std::string folder) {
  while (link.starts_with("../")) {
    link.remove_prefix(3);
    folder.resize(folder.empty() ? 0 : folder.size() - 1);
    folder.resize(folder.rfind('/') == folder.npos ? 0 : folder.rfind('/') + 1);
  }
  return folder + std::string(link.substr(0, link.find('#')));
}

std::string data_link(std::string_view name, const std::string& content) {
  const char* type = name.ends_with(".json")  ? "application/json"
                     : name.ends_with(".csv") ? "text/csv"
                     : name.ends_with(".gz")  ? "application/gzip"
                     : name.ends_with(".svg") ? "image/svg+xml"
                                              : "application/octet-stream";
  return std::string("data:") + type + ";base64," + base64(content);
}

/// Puts what a page refers to into the page.
class Inlined {
 public:
  Inlined(const Files& files, const std::string& page)
      : files_(files), text_(files.at(page)), folder_(page.substr(0, page.rfind('/') + 1)) {}

  std::string run() {
    replace_elements("<link rel=\"stylesheet\" href=\"", ">", "<style>", "</style>");
    replace_elements("<script src=\"", "</script>", "<script>", "</script>");
    replace_links("href=\"");
    replace_links("src=\"");
    replace_policy();
    return std::move(text_);
  }

 private:
  const std::string* file(std::string_view link) const {
    const auto at = files_.find(from_root(link, folder_));
    return at == files_.end() ? nullptr : &at->second;
  }

  void replace_elements(std::string_view begin, std::string_view end, std::string_view open,
                        std::string_view close) {
    for (std::size_t at = 0; (at = text_.find(begin, at)) != text_.npos;) {
      const std::size_t from = at + begin.size();
      const std::string link = text_.substr(from, text_.find('"', from) - from);
      const std::size_t last = text_.find(end, from) + end.size();
      const std::string* content = file(link);
      if (content == nullptr) throw std::logic_error("bug: a page refers to a file it lacks");
      const std::string element = std::string(open) + *content + std::string(close);
      text_.replace(at, last - at, element);
      at += element.size();
    }
  }

  void replace_links(std::string_view begin) {
    for (std::size_t at = 0; (at = text_.find(begin, at)) != text_.npos;) {
      at += begin.size();
      const std::size_t length = text_.find('"', at) - at;
      const std::string link = text_.substr(at, length);
      const std::string* content = file(link);
      if (content == nullptr) continue;  // of this page, or of the web
      const bool is_page = link.find(".html") != link.npos;
      name_download(at + length, link);
      text_.replace(at, length, is_page ? std::string("#") : data_link(link, *content));
    }
  }

  // A browser that saves a data link knows no file name.
  void name_download(std::size_t end, const std::string& link) {
    constexpr std::string_view kBare = "\" download>";
    if (text_.compare(end, kBare.size(), kBare) != 0) return;
    text_.insert(end + kBare.size() - 1, "=\"" + link.substr(link.rfind('/') + 1) + "\"");
  }

  // What stands in the page may act; nothing is loaded from anywhere.
  void replace_policy() {
    constexpr std::string_view kBegin = "http-equiv=\"Content-Security-Policy\" content=\"";
    const std::size_t at = text_.find(kBegin);
    if (at == text_.npos) return;
    const std::size_t from = at + kBegin.size();
    text_.replace(from, text_.find('"', from) - from,
                  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                  "img-src data:");
  }

  const Files& files_;
  std::string text_;
  std::string folder_;
};

}  // namespace

std::string single_entry_page(const Board& board, const TraceSource& traces, std::size_t index) {
  const SitePlace place = place_of(board, true);
  const std::string wanted = place.folder + place.entry_link(index);
  const auto others = [&wanted](const std::string& path, const EntryKey&) {
    return path + ".html" == wanted ? KeptFiles::none : KeptFiles::all;
  };
  Files files;
  make_site(std::span(&board, 1), traces,
            {.sink = [&files](const std::string& path,
                              std::string_view text) { files.emplace(path, text); },
             .keep = others});
  if (files.contains(wanted)) return Inlined(files, wanted).run();
  throw std::logic_error("bug: a site without the page of its entry");
}

}  // namespace joulebench
