// Viewer request: a folder is answered with its page. "/", "/blog/" and "/blog" become ".../index.html"; S3 knows no
// folders. Names with a dot are files, and so is everything under /.well-known/.
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
