// Viewer request. S3 has no index pages, so "/", "/blog/" and "/blog" become ".../index.html". A name with a dot is a
// file, and so is everything under /.well-known/.
function handler(event) {
  var request = event.request;
  var name = request.uri.slice(request.uri.lastIndexOf("/") + 1);

  if (name === "") {
    request.uri += "index.html";
  } else if (!name.includes(".") && !request.uri.startsWith("/.well-known/")) {
    request.uri += "/index.html";
  }
  return request;
}
