#!/bin/sh
# tomcat.sh FOLDER: Tomcat as Debian has it, with one page, in the foreground. What it writes stays in a new folder below FOLDER.
set -eu
www=$(dirname "$(readlink -f "$0")")/www
mkdir -p "$1"
base=$(mktemp -d "$1/XXXXXX")
mkdir "$base/conf" "$base/temp" "$base/webapps"
cat >"$base/conf/server.xml" <<END
<Server port="-1">
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps"><Context path="" docBase="$www" /></Host>
    </Engine>
  </Service>
</Server>
END
cat >"$base/conf/web.xml" <<END
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet>
    <servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping>
    <servlet-name>default</servlet-name>
    <url-pattern>/</url-pattern>
  </servlet-mapping>
  <welcome-file-list>
    <welcome-file>index.html</welcome-file>
  </welcome-file-list>
</web-app>
END
export CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE="$base" CATALINA_TMPDIR="$base/temp"
exec /usr/share/tomcat10/bin/catalina.sh run
