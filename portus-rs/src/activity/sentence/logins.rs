//! What entries say of logins and of what opens accounts: sessions, tokens, second factors, jobs that enter.

use super::{Facts, of_the_directory};

pub(super) fn template(facts: &Facts<'_>) -> &'static str {
    let blank = |name: &str| facts.parameter(name).trim().is_empty();
    let one = facts.parameter("count") == "1";
    match facts.row.key.as_str() {
        "second_factor:create" => "{owner} set up a second factor",
        "second_factor:destroy" => "{owner} removed the second factor of {user}",
        "second_factor:renew_codes" => "{owner} made new recovery codes",
        "second_factor:use_code" => "{owner} used a recovery code",
        "passkey:create" => "{owner} added the passkey {passkey}",
        "passkey:destroy" => "{owner} removed the passkey {passkey} of {user}",
        "passkey:refuse" => {
            "The passkey {passkey} of {user} was refused from {address}: it may have been copied"
        }
        "session:end_docker_login" => "{owner} ended a docker login of {user} at {service}",
        "user:create_trust" => "{owner} let jobs of {issuer} enter as the bot {user}",
        "user:destroy_trust" => "{owner} no longer lets jobs of {issuer} enter as the bot {user}",
        "user:job_login" => "The job {subject} entered as the bot {user} from {address}",
        "user:job_refuse" => {
            "The token of the job {subject} was shown for the bot {user} from another address, {address}, and refused"
        }
        "user:throttle" => "Wrong passwords for {user} are being slowed down",
        "session:create" => "{owner} signed in from {address}",
        "session:destroy" if one => "{owner} ended a session of {user}",
        "session:destroy" => "{owner} ended {count} sessions of {user}",
        "session:fail" => "A sign-in as {user} from {address} failed",
        "session:docker_login" => "{owner} logged docker in at {service} from {address}",
        "session:use_docker_login" => "{owner} used a docker login at {service} from {address}",
        "session:use_password" => "{owner} used their password with docker from {address}",
        "session:fail_docker" if blank("username") => {
            "Docker logins from {address} under names that nobody has failed: {count}"
        }
        "session:fail_docker" => "Docker logins as {user} from {address} failed: {count}",
        "session:fail_api" if blank("username") => {
            "API calls from {address} under names that nobody has were refused: {count}"
        }
        "session:fail_api" => "API calls as {user} from {address} were refused: {count}",
        "application_token:use" => {
            "{owner} used the token for the application {application} from {address}"
        }
        "application_token.create" => "{owner} created a token for the application {application}",
        "application_token.destroy" => {
            "{owner} removed the token for the application {application}"
        }
        key => of_the_directory(key),
    }
}
